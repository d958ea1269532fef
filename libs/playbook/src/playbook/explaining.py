"""Why a row of a table was taken and others were not: told once for each value of a column."""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

NEAREST: Final = 5
MOST_CELLS: Final = 255
"""How many cells of a row fail is counted in a byte."""

_FEW: Final = (0, 1, 2)


class Predicate(NamedTuple):
    """One cell that was looked at, in words fit for an event."""

    field: str
    op: str
    expected: tuple[str, ...]
    seen: tuple[str, ...]
    held: bool


class Near(NamedTuple):
    """A row that was not taken: its place, and the cells that failed; none if it came later."""

    row: int
    failed: tuple[Predicate, ...]


class Explanation(NamedTuple):
    """The row that was taken, if any, with its cells, and those that came closest to it."""

    row: int | None
    predicates: tuple[Predicate, ...]
    nearest: tuple[Near, ...]


Asked: TypeAlias = tuple[int, str, str, tuple[str, ...]]
"""A cell of a row: the place of its column among those looked at, its field, op and expected."""

_Told: TypeAlias = tuple[Predicate, Near | None]
"""A cell of a row as it is told; if it failed, also the row that only this cell kept out."""


# Plain tuples, here and of `Asked`: the interpreter opens these quicker than named ones.
Sight: TypeAlias = tuple[int, tuple[str, ...], dict[int, _Told]]
"""A look at a column: a byte for each row, 1 if it fails here; what was seen; what was told."""

Glance: TypeAlias = list[Sight]


# As the class itself makes one, without the detour through a function with named arguments, which
# would take a third of the time of an explanation.
_new: Final = tuple.__new__


def explain(misses: bytes, asked: Sequence[Sequence[Asked]], glance: Glance) -> Explanation:
    """Take the first row without a failing cell. `misses`: a byte a row, how many cells fail."""
    row = misses.find(0)
    near = _nearest(misses, row + 1, asked, glance)
    if row < 0:
        return _new(Explanation, (None, (), near))
    return _new(Explanation, (row, tell(row, asked[row], glance), near))


def _nearest(
    misses: bytes, after: int, asked: Sequence[Sequence[Asked]], glance: Glance
) -> tuple[Near, ...]:
    near: list[Near] = []
    start = after
    for count in _FEW:
        row = misses.find(count, start)
        while row >= 0:
            near.append(_near(row, asked[row], glance) if count else _new(Near, (row, ())))
            if len(near) == NEAREST:
                return tuple(near)
            row = misses.find(count, row + 1)
        start = 0
    return tuple(near)


def tell(row: int, cells: Sequence[Asked], glance: Glance) -> tuple[Predicate, ...]:
    """Say of each cell of a row what it saw, and whether it held."""
    told: list[Predicate] = []
    for cell in cells:
        sight = glance[cell[0]]
        told.append((sight[2].get(row) or _tell_cell(row, cell, sight))[0])
    return tuple(told)


def _near(row: int, cells: Sequence[Asked], glance: Glance) -> Near:
    failed: list[Near] = []
    for cell in cells:
        sight = glance[cell[0]]
        near = (sight[2].get(row) or _tell_cell(row, cell, sight))[1]
        if near is not None:
            failed.append(near)
    if len(failed) == 1:
        return failed[0]
    return _new(Near, (row, tuple([one for near in failed for one in near.failed])))


def _tell_cell(row: int, cell: Asked, sight: Sight) -> _Told:
    failures, seen, told = sight
    failed = failures >> 8 * row & 1 == 1
    predicate = Predicate(*cell[1:], seen, not failed)
    told[row] = (predicate, Near(row, (predicate,)) if failed else None)
    return told[row]
