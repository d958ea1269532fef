"""Columns of decision tables: what a table may look at, and how it reads what it sees."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, TypeAlias

from babel.numbers import get_currency_precision
from pydantic import TypeAdapter, ValidationError

from playbook.case import Money
from playbook.closed import Duration

LEVELS: Final = ("none", "low", "medium", "high", "critical")
YES: Final = "true"
NO: Final = "false"

Kind: TypeAlias = Literal["codes", "level", "flag", "money", "number", "date", "duration", "given"]
"""
What a column holds. `codes`: one word or a set of them · `level`: none to critical · `flag`: yes
or no · `money`, `number`, `date`, `duration`: ordered, looked at in ranges · `given`: only whether
there is a value, since the value says nothing (an order number).
"""

Seen: TypeAlias = tuple[str, ...] | Money
"""What a table sees of a case: codes, or money. Text is never among it."""

Inputs: TypeAlias = Mapping[str, Seen]

Measure: TypeAlias = tuple[str, int]
"""A point of an ordered column: its unit (a currency, else empty) and whole steps in it."""

_DURATION: Final = TypeAdapter(Duration)
_AMOUNTS: Final = re.compile(r"[0-9]+:[A-Z]{3}(?:/[0-9]+:[A-Z]{3})?")


class Unmeasured(ValueError):
    """A value is none of its kind; the message says what would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    One input of tables.

    `codes` are those that a cell may name, None for any; `closed` says that there are no others
    to come across, `many` that several can be there at once, `always` that it is never empty.
    """

    name: str
    kind: Kind
    codes: tuple[str, ...] | None = None
    closed: bool = True
    many: bool = False
    always: bool = False

    @property
    def is_ordered(self) -> bool:
        return self.kind in _MEASURES

    @property
    def named(self) -> tuple[str, ...]:
        """The codes that a cell may name, as far as there is a list of them."""
        if self.kind == "level":
            return LEVELS
        return (YES, NO) if self.kind == "flag" else self.codes or ()

    @property
    def is_single(self) -> bool:
        """Says whether a case has one code of a list here, or none."""
        return bool(self.named) and not self.many and not self.is_ordered

    def measure(self, word: str) -> Measure:
        """Read a value as a table writes it: `500.00 GBP`, `3`, `2026-11-22`, `4h`."""
        return _MEASURES[self.kind](word)

    def measure_seen(self, seen: Seen) -> Measure | None:
        """Read a value as a case has it; None if there is none, or none of this kind."""
        if isinstance(seen, Money):
            return (seen.currency, seen.amount_minor) if self.kind == "money" else None
        if not seen:
            return None
        try:
            return self.measure(seen[0])
        except Unmeasured:
            return None

    def write(self, measure: Measure) -> str:
        """Write a point as a reference fit for an event: `50000:GBP`, `2026-11-22`, `14400s`."""
        unit, steps = measure
        if self.kind == "money":
            return f"{steps}:{unit}"
        if self.kind == "date":
            return date.fromordinal(steps).isoformat()
        return f"{steps}s" if self.kind == "duration" else str(steps)


def show(seen: Seen) -> tuple[str, ...]:
    """Write what a table saw as references: `184050:GBP`."""
    return (f"{seen.amount_minor}:{seen.currency}",) if isinstance(seen, Money) else seen


def in_words(reference: str) -> str:
    """Write a reference for people, if it is one of money: `50000:GBP` as `500.00 GBP`."""
    if not _AMOUNTS.fullmatch(reference):
        return reference
    return " to ".join(_amount_in_words(*one.split(":")) for one in reference.split("/"))


def _amount_in_words(minor: str, currency: str) -> str:
    return f"{Decimal(minor).scaleb(-get_currency_precision(currency))} {currency}"


def _money(word: str) -> Measure:
    number, _, currency = word.partition(" ")
    try:
        minor = Decimal(number).scaleb(get_currency_precision(currency))
    except InvalidOperation:
        raise Unmeasured("an amount with its currency, like 500.00 GBP") from None
    if not currency.isalpha() or not minor.is_finite() or minor != minor.to_integral_value():
        raise Unmeasured("an amount with its currency, like 500.00 GBP")
    return currency, int(minor)


def _number(word: str) -> Measure:
    try:
        return "", int(word)
    except ValueError:
        raise Unmeasured("a whole number") from None


def _date(word: str) -> Measure:
    try:
        return "", date.fromisoformat(word).toordinal()
    except ValueError:
        raise Unmeasured("a date like 2026-11-22") from None


def _duration(word: str) -> Measure:
    try:
        return "", int(_DURATION.validate_python(word).total_seconds())
    except ValidationError:
        raise Unmeasured("a duration like 90s, 15m, 8h or 14d") from None


_MEASURES: Final[Mapping[str, Callable[[str], Measure]]] = {
    "money": _money,
    "number": _number,
    "date": _date,
    "duration": _duration,
}
