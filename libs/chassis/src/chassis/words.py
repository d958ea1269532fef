"""The strings that a request may hold: codes and identifiers in clear, words to be sealed."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[._:/-]?[0-9]){12,18}(?![0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEPARATORS = re.compile(r"[._:/-]")
_FIRST_DIGITS_OF_CARDS = frozenset("23456")
_LARGEST = 2**53 - 1


def is_iban(text: str) -> bool:
    """Say whether it is an international bank account number: its check digits fit (ISO 13616)."""
    plain = _SEPARATORS.sub("", text).upper()
    if not _IBAN.fullmatch(plain):
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def holds_card_number(text: str) -> bool:
    """Say whether 13 to 19 digits in a row, separators aside, pass Luhn's test (ISO 7812)."""
    runs = (_SEPARATORS.sub("", found) for found in _DIGITS.findall(text))
    return any(run[0] in _FIRST_DIGITS_OF_CARDS and _passes_luhn(run) for run in runs)


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0


def _no_account(text: str) -> str:
    if is_iban(text) or holds_card_number(text):
        raise PydanticCustomError("account_number", "bank and card numbers have no place here")
    return text


def Text(longest: int) -> StringConstraints:  # noqa: N802 - stands where a type stands
    """Words of a person, at most `longest` characters: sealed at the door, never kept in clear."""
    return StringConstraints(strict=True, min_length=1, max_length=longest)


Identifier = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$"),
    AfterValidator(_no_account),
]
"""The marketplace's own number of something: no name, no account, no card (security.md §3)."""

Code = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"),
    AfterValidator(_no_account),
]
"""A word of the playbook or of ours: `payout_hold`, `UK`, `payout_hold.decision.favourable`."""

MarketplaceName = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Currency = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{3}$")]
Note = Annotated[str, Text(2000)]
Line = Annotated[str, Text(200)]


def _written(text: object) -> object:
    if not isinstance(text, str) or not _DATE.match(text):
        raise PydanticCustomError("not_written_out", "write it out, as in 2026-11-22")
    return text


def _as_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Instant = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_written), AfterValidator(_as_utc)
]
"""A moment, RFC 3339 with its offset; UTC from here on."""

Day = Annotated[date, Field(strict=False), BeforeValidator(_written)]
"""A calendar day, `2026-11-22`. Numbers are refused: lax readers take them for timestamps."""


class Amount(BaseModel):
    """Money in the smallest unit of its currency."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    amount_minor: int = Field(ge=0, le=_LARGEST, description="In the smallest unit, e.g. pence.")
    currency: Currency = Field(description="ISO 4217.", examples=["GBP"])
