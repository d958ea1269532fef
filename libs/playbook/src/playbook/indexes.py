"""Indexes of decision tables: for a value of a column, the rows that allow it, as bits."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import zip_longest
from operator import or_
from typing import Final, TypeAlias

from playbook.cells import Cell, Codes, Presence, Range, Ranges
from playbook.columns import Column, Seen

_PAIRED: Final = 32
"""Columns of more codes than this are not laid together: their pairs would be too many."""


def each_bit(bits: int) -> Iterator[int]:
    """Count off the bits that are set, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


@dataclass(frozen=True, slots=True, kw_only=True)
class WordIndex:
    """
    Which rows allow which codes.

    `by_code`: for one code of those that the column or a cell names; under None, for none at all.
    """

    by_code: Mapping[str | None, int]
    empty: int
    known: int
    among: Mapping[str, int]
    not_among: Mapping[str, int]
    negated: int

    def names(self, seen: Seen) -> bool:
        """Say whether this is nothing, or one code that the column or a cell names."""
        return not seen or (isinstance(seen, tuple) and len(seen) == 1 and seen[0] in self.by_code)

    def rows(self, seen: Seen) -> int:
        if not isinstance(seen, tuple):
            return self.known
        if not seen:
            return self.empty
        if len(seen) == 1 and seen[0] in self.by_code:
            return self.by_code[seen[0]]
        found, refused = self.known, 0
        for code in seen:
            found |= self.among.get(code, 0)
            refused |= self.not_among.get(code, 0)
        return found | (self.negated & ~refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeIndex:
    """Which rows allow which part of each unit: `between[i]` from `cuts[i - 1]` to `cuts[i]`."""

    column: Column
    units: Mapping[str, tuple[Sequence[int], Sequence[int]]]
    empty: int
    known: int

    def rows(self, seen: Seen) -> int:
        measure = self.column.measure_seen(seen)
        if measure is None:
            return self.known if seen else self.empty
        cuts, between = self.units.get(measure[0], ((), (self.known,)))
        return between[bisect_right(cuts, measure[1])]


Index: TypeAlias = WordIndex | RangeIndex

Pair: TypeAlias = tuple[str, str, Mapping[str | None, Mapping[str | None, int]]]
"""Two columns, and by a code of each the rows that allow both. None: no code."""


def index_column(column: Column, rows: Sequence[Mapping[str, Cell]]) -> Index:
    cells = [row.get(column.name) for row in rows]
    free = _bits(at for at, cell in enumerate(cells) if cell is None)
    known = free | _bits(at for at, cell in enumerate(cells) if cell == Presence(known=True))
    empty = free | _bits(at for at, cell in enumerate(cells) if cell == Presence(known=False))
    if column.is_ordered:
        return _range_index(column, cells, empty=empty, known=known)
    return _word_index(column, cells, empty=empty, known=known)


def _word_index(
    column: Column, cells: Sequence[Cell | None], *, empty: int, known: int
) -> WordIndex:
    words = [(at, cell) for at, cell in enumerate(cells) if isinstance(cell, Codes)]
    negated = _bits(at for at, cell in words if cell.negated)
    among: dict[str, int] = {}
    not_among: dict[str, int] = {}
    for at, cell in words:
        side = not_among if cell.negated else among
        for code in cell.codes:
            side[code] = side.get(code, 0) | 1 << at
    by_code: dict[str | None, int] = {
        code: known | among.get(code, 0) | (negated & ~not_among.get(code, 0))
        for code in {*column.named, *among, *not_among}
    }
    return WordIndex(
        by_code={**by_code, None: empty | negated},
        empty=empty | negated,
        known=known,
        among=among,
        not_among=not_among,
        negated=negated,
    )


def _range_index(
    column: Column, cells: Sequence[Cell | None], *, empty: int, known: int
) -> RangeIndex:
    ranges = [
        (at, one)
        for at, cell in enumerate(cells)
        if isinstance(cell, Ranges)
        for one in cell.ranges
    ]
    units = {unit: _cut(unit, ranges, known) for unit in sorted({one.unit for _, one in ranges})}
    return RangeIndex(column=column, units=units, empty=empty, known=known)


def _cut(
    unit: str, ranges: Sequence[tuple[int, Range]], known: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    mine = [(at, one) for at, one in ranges if one.unit == unit]
    ends = (end for _, one in mine for end in (one.low, one.high) if end is not None)
    cuts = tuple(sorted(set(ends)))
    inside = (cuts[0] - 1, *cuts) if cuts else (0,)
    between = tuple(
        known | _bits(at for at, one in mine if one.has((unit, point))) for point in inside
    )
    return cuts, between


def pair_columns(indexes: Sequence[tuple[str, WordIndex]], every: int) -> Iterator[Pair]:
    """Lay columns together by two, so that rows are taken away half as often."""
    alone: tuple[str, Mapping[str | None, int]] = "", {None: every}
    narrow = [(name, one.by_code) for name, one in indexes if len(one.by_code) <= _PAIRED]
    wide = [(name, one.by_code) for name, one in indexes if len(one.by_code) > _PAIRED]
    for (name, rows), (other, more) in (
        *zip_longest(narrow[::2], narrow[1::2], fillvalue=alone),
        *((one, alone) for one in wide),
    ):
        yield (
            name,
            other,
            {
                code: {also: allowed & some for also, some in more.items()}
                for code, allowed in rows.items()
            },
        )


@lru_cache(maxsize=1024)
def as_bytes(rows: int, count: int) -> int:
    """Give each of so many rows, as bits, a byte of 0 or 1, which can be added up."""
    digits = int.from_bytes(f"{rows:b}".encode(), "big")
    return digits & int.from_bytes(b"\1" * count, "big")


def _bits(rows: Iterable[int]) -> int:
    return reduce(or_, (1 << row for row in rows), 0)
