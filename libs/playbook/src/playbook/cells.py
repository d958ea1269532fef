"""
Cells of decision tables, as people write them.

`-` any value · `known`, `absent`: is there one at all · `smb | mid`: one of these · `not smb`:
none of these · `>= medium`: this level or higher · `>= 500.00 GBP | >= 600.00 EUR`, `< 3d`,
`10..20`: ranges, both ends included, each amount in its own currency · `yes`, `no`.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from playbook.columns import LEVELS, NO, YES, Column, Measure, Seen, Unmeasured

ANY: Final = "-"
_FLAGS: Final = {"yes": YES, "true": YES, "no": NO, "false": NO}
_BOUND: Final = re.compile(r"(>=|<=|>|<)\s*(.+)")
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class CellInvalid(ValueError):
    """A cell cannot be read; the message says what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Is there a value at all?"""

    known: bool

    op: Literal["known"] = "known"

    def holds(self, seen: Seen) -> bool:
        return bool(seen) is self.known

    def expected(self) -> tuple[str, ...]:
        return (str(self.known).lower(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """Is one of these among the values, or none of them? `words` is how it was written."""

    codes: frozenset[str]
    words: tuple[str, ...]
    negated: bool = False
    op: Literal["any_of", "none_of", "at_least"] = "any_of"

    def holds(self, seen: Seen) -> bool:
        among = not isinstance(seen, tuple) or not self.codes.isdisjoint(seen)
        return among is not self.negated

    def expected(self) -> tuple[str, ...]:
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From `low` on, below `high`; None is without end."""

    unit: str
    low: int | None
    high: int | None

    def has(self, measure: Measure) -> bool:
        unit, steps = measure
        return (
            unit == self.unit
            and (self.low is None or steps >= self.low)
            and (self.high is None or steps < self.high)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Is the value inside one of these?"""

    column: Column
    ranges: tuple[Range, ...]

    @property
    def op(self) -> Literal["at_least", "below", "between"]:
        if all(one.high is None for one in self.ranges):
            return "at_least"
        return "below" if all(one.low is None for one in self.ranges) else "between"

    def holds(self, seen: Seen) -> bool:
        measure = self.column.measure_seen(seen)
        return measure is not None and any(one.has(measure) for one in self.ranges)

    def expected(self) -> tuple[str, ...]:
        """Write the ranges as references: `50000:GBP`; ends of a range with `/` between them."""
        return tuple(self._write(one) for one in self.ranges)

    def _write(self, one: Range) -> str:
        ends = [
            self.column.write((one.unit, end)) for end in (one.low, one.high) if end is not None
        ]
        return "/".join(ends)


Cell: TypeAlias = Presence | Codes | Ranges


def read_cell(text: str, column: Column) -> Cell | None:
    """
    Read a cell of a column; None is a cell that holds for anything.

    Raises:
        CellInvalid: It is none for this kind of column, or names what the column never holds.
    """
    words = text.strip()
    if words == ANY:
        return None
    if words in {"known", "absent"}:
        return _presence(column, known=words == "known")
    if column.kind == "given":
        raise CellInvalid("`known`, `absent` or `-`: the value itself says nothing")
    parts = [part.strip() for part in words.removeprefix("not ").split("|")]
    if column.is_ordered:
        return Ranges(column=column, ranges=tuple(_range(part, column) for part in parts))
    if column.kind == "level" and (bound := _BOUND.fullmatch(words)):
        return _levels(bound[1], bound[2].strip())
    codes = tuple(_code(part, column) for part in parts)
    negated = words.startswith("not ")
    op: Literal["none_of", "any_of"] = "none_of" if negated else "any_of"
    return Codes(codes=frozenset(codes), words=codes, negated=negated, op=op)


def _presence(column: Column, *, known: bool) -> Presence:
    if column.always:
        raise CellInvalid(f"values, since {column.name} is never absent")
    return Presence(known=known)


def _levels(sign: str, level: str) -> Codes:
    if sign != ">=" or level not in LEVELS:
        raise CellInvalid(f"`>=` and a level among: {', '.join(LEVELS)}")
    return Codes(codes=frozenset(LEVELS[LEVELS.index(level) :]), words=(level,), op="at_least")


def _code(word: str, column: Column) -> str:
    code = _FLAGS.get(word.lower(), word) if column.kind == "flag" else word
    known = LEVELS if column.kind == "level" else column.codes
    if column.kind == "flag":
        known = (YES, NO)
    if known is not None and code not in known:
        raise CellInvalid(f"one of: {', '.join(known)}")
    if not _CODE.fullmatch(code):
        raise CellInvalid("codes with | between them")
    return code


def _range(part: str, column: Column) -> Range:
    try:
        if bound := _BOUND.fullmatch(part):
            unit, steps = column.measure(bound[2].strip())
            return _half(bound[1], unit, steps)
        first, _, last = part.partition("..")
        unit, low = column.measure(first.strip())
        last_unit, high = column.measure(last.strip()) if last else (unit, low)
    except Unmeasured as error:
        raise CellInvalid(f"{error}, with >=, <, .. or none before it") from None
    if unit != last_unit or high < low:
        raise CellInvalid("a range from less to more, in one unit")
    return Range(unit=unit, low=low, high=high + 1)


def _half(sign: str, unit: str, steps: int) -> Range:
    match sign:
        case ">=":
            return Range(unit=unit, low=steps, high=None)
        case ">":
            return Range(unit=unit, low=steps + 1, high=None)
        case "<":
            return Range(unit=unit, low=None, high=steps)
        case _:
            return Range(unit=unit, low=None, high=steps + 1)
