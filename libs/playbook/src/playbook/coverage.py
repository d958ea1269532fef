"""
What a decision table leaves out, says twice, or can never say: exact, over its typed cells.

Each column is cut into the few sorts of values that its cells can tell apart. A question about
all cases is then a search over those sorts, a column at a time, with an example as its answer.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from playbook.case import Money
from playbook.columns import LEVELS, NO, YES, Column, Seen
from playbook.indexes import RangeIndex, WordIndex, each_bit
from playbook.tables import Table

Witness = Mapping[str, Seen]
"""One value for each column: a case that shows it."""

MOST_SORTS: Final = 4096
OTHER: Final = "any-other"
_OTHER_UNIT: Final = "XTS"  # ISO 4217: for tests; no playbook names it


class TooWide(Exception):
    """A column names so many codes together that not all sets of them can be looked at."""


class Sort(NamedTuple):
    """Values of a column that no cell tells apart: one of them, and the rows that allow it."""

    seen: Seen
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The sorts of values of each column of a table."""

    table: Table
    sorts: Mapping[str, tuple[Sort, ...]]

    def gap(self) -> Witness | None:
        """Find a case for which no row holds."""
        return self._uncovered(self.sorts, (1 << len(self.table.rules)) - 1)

    def overlap(self, one: int, other: int) -> Witness | None:
        """Find a case for which both rows hold."""
        both = 1 << one | 1 << other
        found = {
            name: next((sort.seen for sort in sorts if sort.rows & both == both), None)
            for name, sorts in self.sorts.items()
        }
        seen = {name: value for name, value in found.items() if value is not None}
        return seen if len(seen) == len(found) else None

    def first_of_both(self, one: int, other: int, halves: int) -> Witness | None:
        """
        Find a case that two tables, laid one below the other, send by these two rows.

        `halves`: where the second table begins.
        """
        both = 1 << one | 1 << other
        mine = {
            name: tuple(sort for sort in sorts if sort.rows & both == both)
            for name, sorts in self.sorts.items()
        }
        before = ((1 << one) - 1) | ((1 << other) - (1 << halves))
        return self._uncovered(mine, before)

    def is_reachable(self, row: int) -> bool:
        """Can the row be the first that holds? Not if the rows above it take all its cases."""
        mine = {
            name: tuple(sort for sort in sorts if sort.rows >> row & 1)
            for name, sorts in self.sorts.items()
        }
        return self._uncovered(mine, (1 << row) - 1) is not None

    def _uncovered(self, sorts: Mapping[str, Sequence[Sort]], rows: int) -> Witness | None:
        """Find one sort a column so that none of these rows allows them all."""
        columns = sorted(
            ((name, _least(of_one, rows)) for name, of_one in sorts.items()),
            key=lambda column: len(column[1]),
        )

        @cache
        def search(at: int, live: int) -> tuple[Seen, ...] | None:
            if at == len(columns):
                return None if live else ()
            for sort in columns[at][1]:
                rest = search(at + 1, live & sort.rows)
                if rest is not None:
                    return (sort.seen, *rest)
            return None

        found = search(0, rows)
        if found is None:
            return None
        return {name: seen for (name, _), seen in zip(columns, found, strict=True)}


def cover(table: Table) -> Coverage:
    """
    Cut each column of a table into sorts.

    Raises:
        TooWide: The sets of codes that a column's cells tell apart are more than 4,096.
    """
    indexes = {name: index for name, _, index in table.indexes}
    sorts = {}
    for column in table.columns:
        index = indexes[column.name]
        found = _ordered(index) if isinstance(index, RangeIndex) else _worded(column, index)
        distinct: dict[int, Sort] = {}
        for sort in found:
            distinct.setdefault(sort.rows, sort)
        sorts[column.name] = tuple(distinct.values())
    return Coverage(table=table, sorts=sorts)


def _least(sorts: Sequence[Sort], rows: int) -> tuple[Sort, ...]:
    """Leave out the sorts that allow all of these rows that another allows, and more."""
    kept: list[Sort] = []
    for sort in sorted(sorts, key=lambda one: (one.rows & rows).bit_count()):
        if not any(less.rows & rows & ~sort.rows == 0 for less in kept):
            kept.append(sort)
    return tuple(kept)


def _ordered(index: RangeIndex) -> Iterator[Sort]:
    column = index.column
    if not column.always:
        yield Sort((), index.empty)
    for unit, (cuts, between) in index.units.items():
        inside = (cuts[0] - 1, *cuts) if cuts else (0,)
        for point in inside:
            yield Sort(_value(column, unit, point), between[bisect_right(cuts, point)])
    if column.kind == "money" or not index.units:
        yield Sort(_value(column, _OTHER_UNIT, 0), index.known)


def _value(column: Column, unit: str, point: int) -> Seen:
    if column.kind == "money":
        return Money(amount_minor=point, currency=unit)
    return (column.write((unit, max(point, 1) if column.kind == "date" else point)),)


def _worded(column: Column, index: WordIndex) -> Iterator[Sort]:
    codes = _codes(column, index)
    if column.many:
        yield from _sets(codes, column, index)
        return
    if not column.always:
        yield Sort((), index.rows(()))
    for code in codes:
        yield Sort((code,), index.rows((code,)))


def _codes(column: Column, index: WordIndex) -> tuple[str, ...]:
    """List the codes that cells tell apart, and one for all others if there are others."""
    if column.kind == "level":
        return LEVELS
    if column.kind == "flag":
        return (YES, NO)
    named = dict.fromkeys((*index.among, *index.not_among))
    unnamed = (code for code in column.codes or () if code not in named)
    others = next(unnamed, None) if column.codes is not None and column.closed else OTHER
    return (*named, others) if others else tuple(named)


def _sets(codes: Sequence[str], column: Column, index: WordIndex) -> Iterator[Sort]:
    """
    List the sets of codes that cells tell apart.

    Built up a code at a time; of the sets that allow the same rows and always will, one is kept.
    """
    kept: dict[tuple[int, int], tuple[str, ...]] = {}
    for code in codes:
        grown = dict(kept)
        for (among, refused), one in (((0, 0), ()), *kept.items()):
            key = (
                among | index.among.get(code, 0),
                refused | index.not_among.get(code, 0),
            )
            grown.setdefault(key, (*one, code))
        kept = grown
        if len(kept) > MOST_SORTS:
            raise TooWide(column.name)
    if not column.always:
        yield Sort((), index.rows(()))
    for one in kept.values():
        yield Sort(one, index.rows(one))


def overlaps(coverage: Coverage) -> Iterator[tuple[int, int, Witness]]:
    """Find every two rows that hold together, with a case for each."""
    count = len(coverage.table.rules)
    for one in range(count):
        for other in range(one + 1, count):
            witness = coverage.overlap(one, other)
            if witness is not None:
                yield one, other, witness


def unreachable(coverage: Coverage) -> Iterator[int]:
    """Find the rows that can never be the first that holds."""
    rows = (1 << len(coverage.table.rules)) - 1
    return (row for row in each_bit(rows) if not coverage.is_reachable(row))
