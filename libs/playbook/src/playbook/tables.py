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
from playbook.explaining import (
    MOST_CELLS,
    Asked,
    Explanation,
    Glance,
    Near,
    Predicate,
    Sight,
    explain,
    tell,
)
from playbook.indexes import (
    Index,
    Pair,
    WordIndex,
    as_bytes,
    each_bit,
    index_column,
    pair_columns,
)

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

_NOTHING: Final = (None,)
"""What is looked up where a case has nothing."""

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


class CellProblem(NamedTuple):
    """A cell that cannot be read."""

    row: int
    column: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Rows over columns, ready to decide. Made by `compile_rows`."""

    rules: tuple[str, ...]
    columns: tuple[Column, ...]
    cells: tuple[Mapping[str, Cell], ...]
    indexes: tuple[tuple[str, dict[Seen, Sight], Index], ...]
    """By column; of what its cells name, also what was seen and told of it before."""

    pairs: tuple[Pair, ...]
    """The columns of one code each, by two."""

    others: tuple[tuple[str, Index], ...]
    asked: tuple[tuple[Asked, ...], ...]
    every: int
    """All rows, as bits."""

    def holding(self, inputs: Inputs) -> int:
        """Find the rows that hold, as bits: bit i is row i."""
        live = self.every
        try:
            for name, other, allowed in self.pairs:
                [code] = inputs.get(name) or _NOTHING  # type: ignore[misc]  # money raises
                [also] = inputs.get(other) or _NOTHING  # type: ignore[misc]  # money raises
                live &= allowed[code][also]
        except (KeyError, TypeError, ValueError):
            # No one code that is known. To look for that before would take as long as all the rest.
            return self._holding_any(inputs)
        for name, index in self.others:
            seen = inputs.get(name)
            live &= index.rows(seen) if seen else index.empty
        return live

    def _holding_any(self, inputs: Inputs) -> int:
        live = self.every
        for name, _, index in self.indexes:
            live &= index.rows(inputs.get(name, ()))
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
        total, glance = self._glance(inputs)
        return explain(total.to_bytes(len(self.rules), "little"), self.asked, glance)

    def look_at(self, row: int, inputs: Inputs) -> tuple[Predicate, ...]:
        """Say of each cell of a row what it saw, and whether it held."""
        return tell(row, self.asked[row], self._glance(inputs)[1])

    def _glance(self, inputs: Inputs) -> tuple[int, Glance]:
        """Look at each column; the sum has a byte for each row, how many of its cells fail."""
        total = 0
        glance = []
        for name, kept, index in self.indexes:
            seen = inputs.get(name, ())
            sight = kept.get(seen)
            if sight is None:
                sight = self._look(seen, kept, index)
            total += sight[0]
            glance.append(sight)
        return total, glance

    def _look(self, seen: Seen, kept: dict[Seen, Sight], index: Index) -> Sight:
        """Look at a column; what the playbook itself names is kept: of that there is no end."""
        failed = as_bytes(self.every & ~index.rows(seen), len(self.rules))
        sight: Sight = (failed, show(seen), {})
        if isinstance(index, WordIndex) and index.names(seen):
            kept[seen] = sight
        return sight


def compile_rows(
    rows: Sequence[Row], columns: Mapping[str, Column]
) -> tuple[Table, tuple[CellProblem, ...]]:
    """Compile rows. A cell that cannot be read is a problem, and counts as `-` in the table."""
    problems: list[CellProblem] = []
    cells = tuple(dict(_cells(at, row, columns, problems)) for at, row in enumerate(rows))
    used = tuple(column for name, column in columns.items() if any(name in row for row in cells))
    indexes = tuple(index_column(column, cells) for column in used)
    every = (1 << len(rows)) - 1
    table = Table(
        rules=tuple(row.rule for row in rows),
        columns=used,
        cells=cells,
        indexes=tuple(
            (column.name, {}, index) for column, index in zip(used, indexes, strict=True)
        ),
        pairs=tuple(pair_columns(tuple(_single(used, indexes)), every)),
        others=tuple(_others(used, indexes)),
        asked=tuple(tuple(_asked(row, used)) for row in cells),
        every=every,
    )
    return table, tuple(problems)


def _single(columns: Sequence[Column], indexes: Sequence[Index]) -> Iterator[tuple[str, WordIndex]]:
    for column, index in zip(columns, indexes, strict=True):
        if column.is_single and isinstance(index, WordIndex):
            yield column.name, index


def _others(columns: Sequence[Column], indexes: Sequence[Index]) -> Iterator[tuple[str, Index]]:
    for column, index in zip(columns, indexes, strict=True):
        if not column.is_single:
            yield column.name, index


def _cells(
    at: int, row: Row, columns: Mapping[str, Column], problems: list[CellProblem]
) -> Iterator[tuple[str, Cell]]:
    for place, (name, words) in enumerate(row.when.items()):
        if place >= MOST_CELLS:
            problems.append(
                CellProblem(at, name, f"at most {MOST_CELLS} cells in a row", str(place + 1))
            )
            break
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


def _asked(row: Mapping[str, Cell], columns: Sequence[Column]) -> Iterator[Asked]:
    for at, column in enumerate(columns):
        if (cell := row.get(column.name)) is not None:
            yield at, column.name, cell.op, cell.expected()
