"""
Decision tables, compiled: which rows hold, found a column at a time, and why the others do not.

A table turns into one integer per value of each column: bit i says that row i allows the value.
The rows that hold are the `&` over the columns, however many rows there are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, NamedTuple, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from playbook.cells import Cell, CellInvalid, read_cell
from playbook.closed import Closed, Code
from playbook.columns import Column, Inputs, Seen, show
from playbook.indexes import RangeIndex, WordIndex, each_bit, index_column

__all__ = [
    "Explanation",
    "Inputs",
    "Near",
    "Predicate",
    "Row",
    "Seen",
    "Table",
    "compile_rows",
    "show",
]

NEAREST: Final = 5


CellText = Annotated[str, WithJsonSchema({"type": ["string", "integer", "boolean"]})]
"""A cell as it is written; YAML may read it as a number or a truth."""


def _as_written(cells: object) -> object:
    """YAML reads `3`, `yes` and a date as what they are; a cell is text."""
    return {key: _text(cell) for key, cell in cells.items()} if isinstance(cells, dict) else cells


def _text(cell: object) -> object:
    if cell is True or cell is False:
        return "yes" if cell else "no"
    return str(cell) if isinstance(cell, int | date) else cell


Cells: TypeAlias = Annotated[dict[Code, CellText], BeforeValidator(_as_written)]
"""By input: what it must be. All must hold; none always does."""


class Row(Closed):
    """Holds when every cell does; a row without cells always holds."""

    rule: Code
    when: Cells = Field(default_factory=dict)


class Predicate(NamedTuple):
    """One cell that was looked at, in words fit for an event."""

    field: str
    op: str
    expected: tuple[str, ...]
    seen: tuple[str, ...]
    held: bool


# As the class itself makes one, without the detour through a function with named arguments, which
# would take half of the time of an explanation.
_new: Final = tuple.__new__


class Near(NamedTuple):
    """A row that was not taken: its place, and the cells that failed; none if it came later."""

    row: int
    failed: tuple[Predicate, ...]


class CellProblem(NamedTuple):
    """A cell that cannot be read."""

    row: int
    column: str
    expected: str
    found: str


class _Asked(NamedTuple):
    """A cell of a row: the place of its column among the indexes, and how it is told."""

    at: int
    field: str
    op: str
    expected: tuple[str, ...]


class Explanation(NamedTuple):
    """The row that was taken, if any, with its cells, and those that came closest to it."""

    row: int | None
    predicates: tuple[Predicate, ...]
    nearest: tuple[Near, ...]


_Glance: TypeAlias = list[tuple[int, tuple[str, ...]]]
"""For each index: which rows allow what was seen, and what that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows over columns, ready to decide. Made by `compile_rows`."""

    rules: tuple[str, ...]
    columns: tuple[Column, ...]
    cells: tuple[Mapping[str, Cell], ...]
    indexes: tuple[tuple[str, Mapping[Seen, int], WordIndex | RangeIndex], ...]
    asked: tuple[tuple[_Asked, ...], ...]
    every: int
    """All rows, as bits."""

    def holding(self, inputs: Inputs) -> int:
        """Find the rows that hold, as bits: bit i is row i."""
        live = self.every
        for name, single, index in self.indexes:
            seen = inputs.get(name, ())
            # Looked up once: to hash what was seen takes longer than all the rest here.
            allowed = single.get(seen)
            live &= index.rows(seen) if allowed is None else allowed
        return live

    def first(self, inputs: Inputs) -> int | None:
        """Find the first row that holds, read from the top."""
        live = self.holding(inputs)
        return (live & -live).bit_length() - 1 if live else None

    def collect(self, inputs: Inputs) -> tuple[int, ...]:
        """List all rows that hold, in the order of the table."""
        return tuple(each_bit(self.holding(inputs)))

    def explain(self, inputs: Inputs) -> Explanation:
        """
        Take the first row that holds, and say why, and why not the rows that came closest.

        The nearest, at most five: those that held too but came later, then those with one
        failing cell, then two; each in the order of the table.
        """
        glance = self._glance(inputs)
        held, *missed = _by_misses(glance, self.every)
        row = (held & -held).bit_length() - 1 if held else None
        near = _lowest(NEAREST, held & (held - 1), *missed)
        return Explanation(
            row,
            self._tell(row, glance) if row is not None else (),
            tuple(Near(other, self._tell(other, glance, only_failed=True)) for other in near),
        )

    def look_at(self, row: int, inputs: Inputs) -> tuple[Predicate, ...]:
        """Say of each cell of a row what it saw, and whether it held."""
        return self._tell(row, self._glance(inputs))

    def _glance(self, inputs: Inputs) -> _Glance:
        glance = []
        for name, single, index in self.indexes:
            seen = inputs.get(name, ())
            allowed = single.get(seen)
            live = index.rows(seen) if allowed is None else allowed
            glance.append((live, seen if type(seen) is tuple else show(seen)))
        return glance

    def _tell(
        self, row: int, glance: _Glance, *, only_failed: bool = False
    ) -> tuple[Predicate, ...]:
        bit = 1 << row
        told: list[Predicate] = []
        for at, field, op, expected in self.asked[row]:
            live, seen = glance[at]
            if not live & bit:
                told.append(_new(Predicate, (field, op, expected, seen, False)))
            elif not only_failed:
                told.append(_new(Predicate, (field, op, expected, seen, True)))
        return tuple(told)


def _by_misses(glance: _Glance, rows: int) -> tuple[int, int, int]:
    """Sort the rows, as bits, into those with no failing cell, with one, and with two."""
    none, one, two = rows, 0, 0
    for live, _ in glance:
        still_none, still_one = none & live, one & live
        two = (two & live) | (one ^ still_one)
        one = still_one | (none ^ still_none)
        none = still_none
    return none, one, two


def compile_rows(
    rows: Sequence[Row], columns: Mapping[str, Column]
) -> tuple[Table, tuple[CellProblem, ...]]:
    """Compile rows. A cell that cannot be read is a problem, and counts as `-` in the table."""
    problems: list[CellProblem] = []
    cells = tuple(dict(_cells(at, row, columns, problems)) for at, row in enumerate(rows))
    used = tuple(column for name, column in columns.items() if any(name in row for row in cells))
    indexes = [(column, index_column(column, cells)) for column in used]
    table = Table(
        rules=tuple(row.rule for row in rows),
        columns=used,
        cells=cells,
        indexes=tuple((column.name, index.single, index) for column, index in indexes),
        asked=tuple(tuple(_asked(row, used)) for row in cells),
        every=(1 << len(rows)) - 1,
    )
    return table, tuple(problems)


def _cells(
    at: int, row: Row, columns: Mapping[str, Column], problems: list[CellProblem]
) -> Iterator[tuple[str, Cell]]:
    for name, words in row.when.items():
        column = columns.get(name)
        if column is None:
            expected = f"a clear input ({', '.join(sorted(columns))})"
            problems.append(CellProblem(at, name, expected, name))
            continue
        try:
            cell = read_cell(words, column)
        except CellInvalid as error:
            problems.append(CellProblem(at, name, str(error), words))
        else:
            if cell is not None:
                yield name, cell


def _asked(row: Mapping[str, Cell], columns: Sequence[Column]) -> Iterator[_Asked]:
    for at, column in enumerate(columns):
        if (cell := row.get(column.name)) is not None:
            yield _Asked(at, column.name, cell.op, cell.expected())


def _lowest(most: int, *masks: int) -> list[int]:
    """List the lowest bits of the first mask, then of the next, until there are enough."""
    found: list[int] = []
    for mask in masks:
        bits = mask
        while bits and len(found) < most:
            lowest = bits & -bits
            found.append(lowest.bit_length() - 1)
            bits ^= lowest
    return found
