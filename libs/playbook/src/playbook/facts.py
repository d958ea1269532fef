"""The typed facts of a filing: what is missing, what is wrong, what must be sealed."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from playbook.case import Money, Problem
from playbook.model import Playbook
from playbook.policies import IssueType
from playbook.questions import FactField

INVALID = "invalid-body"
LONGEST_TEXT = 2000

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_SEPARATORS = re.compile(r"[._:/-]")
_CARD = re.compile(r"[0-9]{13,19}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LARGEST_NUMBER = 2**53 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Restricted:
    """A value that must be sealed before it goes anywhere, and its class."""

    value: object
    sealed_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A number of the marketplace's that the case is about."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsVerdict:
    """What to do with the facts of a filing. With errors, nothing else in it counts."""

    errors: tuple[Problem, ...]
    clear: dict[str, object]
    restricted: dict[str, Restricted]
    identity: str | None
    amount_at_risk: Money | None
    references: tuple[Reference, ...]


def check_facts(
    playbook: Playbook,
    issue_type: str | None,
    facts: Mapping[str, object],
    *,
    later: Collection[str] = (),
) -> FactsVerdict:
    """
    Check facts against their issue type and part the clear ones from the restricted ones.

    A required fact may be missing if it is named in `later`; `check_deferrals` says whether it may
    be named there. A type that this playbook does not know is no error, since a person will
    classify; nobody knows then what its facts hold, so all of them are sealed.
    """
    known = playbook.issue_type(issue_type)
    if known is None:
        return _sealed_whole(facts)
    given = [(field, facts[field.name]) for field in known.facts if field.name in facts]
    return FactsVerdict(
        errors=tuple(_errors(playbook, known, facts, later)),
        clear={field.name: value for field, value in given if not field.is_restricted},
        restricted={
            field.name: Restricted(value=value, sealed_class=field.sealed_class)
            for field, value in given
            if field.sealed_class is not None
        },
        identity=next((str(value) for field, value in given if field.identity), None),
        amount_at_risk=_amount(given),
        references=tuple(
            Reference(kind=field.reference, ref=str(value))
            for field, value in given
            if field.reference
        ),
    )


def clear_facts(
    playbook: Playbook, issue_type: str | None, facts: Mapping[str, object]
) -> tuple[dict[str, object], Money | None]:
    """Take the clear facts and the amount at risk as `check_facts` does, and check nothing."""
    known = playbook.issue_type(issue_type)
    given = (
        [(field, facts[field.name]) for field in known.facts if field.name in facts]
        if known
        else []
    )
    clear = {field.name: value for field, value in given if field.sealed_class is None}
    return clear, _amount(given)


def is_identifier(text: str) -> bool:
    """Tell a marketplace's own number from a word, a bank account (IBAN) or a card number."""
    bare = _SEPARATORS.sub("", text)
    return bool(_IDENTIFIER.fullmatch(text)) and not (_is_card(bare) or _is_iban(bare.upper()))


def read_money(value: object) -> Money | None:
    """Read `{amount_minor, currency}` as it stands in JSON; None if it is something else."""
    if not isinstance(value, Mapping) or set(value) != {"amount_minor", "currency"}:
        return None
    amount, currency = value["amount_minor"], value["currency"]
    if not isinstance(amount, int) or isinstance(amount, bool) or not isinstance(currency, str):
        return None
    return Money(amount_minor=amount, currency=currency)


def read_date(value: object) -> date | None:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _sealed_whole(facts: Mapping[str, object]) -> FactsVerdict:
    return FactsVerdict(
        errors=(),
        clear={},
        restricted={
            name: Restricted(value=value, sealed_class="narrative") for name, value in facts.items()
        },
        identity=None,
        amount_at_risk=None,
        references=(),
    )


def _errors(
    playbook: Playbook, known: IssueType, facts: Mapping[str, object], later: Collection[str]
) -> Iterator[Problem]:
    for field in known.facts:
        if field.name not in facts:
            if field.required and field.name not in later:
                yield _problem(field.name, f"{known.code} needs it")
        elif wrong := _wrong(playbook, field, facts[field.name]):
            yield _problem(field.name, wrong)
    names = ", ".join(field.name for field in known.facts)
    for name in facts:
        if known.fact(name) is None:
            yield _problem(name, f"{known.code} has no such fact; it has: {names or 'none'}")


def _problem(name: str, detail: str) -> Problem:
    return fact_problem("facts", name, detail)


def fact_problem(member: str, name: str, detail: str) -> Problem:
    """Point at what a member of a filing says about one fact: `/facts/amount`."""
    pointer = f"/{member}/" + name.replace("~", "~0").replace("/", "~1")
    return Problem(pointer=pointer, code=INVALID, detail=detail)


def wrong_value(playbook: Playbook, field: FactField, value: object) -> str | None:
    """Say what a value of a fact should have been; None when it is one."""
    return _wrong(playbook, field, value)


def _wrong(playbook: Playbook, field: FactField, value: object) -> str | None:
    match field.type:
        case "money":
            return _wrong_money(playbook, value)
        case "code":
            return None if value in field.codes else f"one of: {', '.join(field.codes)}"
        case "number" if field.most is not None:
            return _wrong_share(field.most, value)
        case plain:
            is_good, expected = _PLAIN[plain]
            return None if is_good(value) else expected


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT


def _is_own_number(value: object) -> bool:
    return isinstance(value, str) and is_identifier(value)


def _is_number(value: object) -> bool:
    """Take what can be counted; an event has no word for less than nothing."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_NUMBER


def _wrong_share(most: int, value: object) -> str | None:
    is_good = isinstance(value, int) and _is_number(value) and value <= most
    return None if is_good else f"a whole number from 0 to {most}"


def _wrong_money(playbook: Playbook, value: object) -> str | None:
    money = read_money(value)
    if money is None or not 0 <= money.amount_minor <= _LARGEST_NUMBER:
        return "an amount like {amount_minor: 50000, currency: GBP} for 500.00 GBP, not below 0"
    known = playbook.taxonomy.currencies
    return None if money.currency in known else f"a currency among: {', '.join(known)}"


def _amount(given: Sequence[tuple[FactField, object]]) -> Money | None:
    amounts = (read_money(value) for field, value in given if field.amount_at_risk)
    return next(amounts, None)


def _is_card(bare: str) -> bool:
    return bool(_CARD.fullmatch(bare)) and _luhn(bare) % 10 == 0


def _luhn(digits: str) -> int:
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return sum(int(digit) for digit in digits[-1::-2]) + sum(n // 10 + n % 10 for n in doubled)


def _is_iban(bare: str) -> bool:
    if not _IBAN.fullmatch(bare):
        return False
    moved = bare[4:] + bare[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


_PLAIN: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "date": (lambda value: read_date(value) is not None, "a date like 2026-11-16"),
    "text": (_is_text, "a text"),
    "number": (_is_number, "a whole number, not below 0"),
    "flag": (lambda value: isinstance(value, bool), "true or false"),
    "identifier": (_is_own_number, "the marketplace's own number, no account or card"),
}
