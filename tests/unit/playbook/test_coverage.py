"""Findings about tables agree with looking at every case there is."""

from collections.abc import Iterator, Mapping
from itertools import chain, combinations, product

import pytest
from hypothesis import given, settings, strategies as st

from playbook.case import Money
from playbook.columns import Column, Inputs, Seen
from playbook.coverage import TooWide, cover, overlaps, unreachable
from playbook.tables import Row, Table, compile_rows

TIER = Column(name="tier", kind="codes", codes=("smb", "mid", "strategic"), always=True)
CUES = Column(name="cues", kind="codes", codes=("a", "b", "c"), many=True)
RISK = Column(name="risk", kind="level", always=True)
NEW = Column(name="new", kind="flag")
AGE = Column(name="age", kind="number")
AMOUNT = Column(name="amount", kind="money")
COLUMNS = {one.name: one for one in (TIER, CUES, RISK, NEW, AGE, AMOUNT)}

CELLS = {
    "tier": st.sampled_from(["-", "smb", "smb | mid", "not strategic", "not smb | mid"]),
    "cues": st.sampled_from(["-", "a", "a | b", "not a", "not b | c", "known", "absent"]),
    "risk": st.sampled_from(["-", ">= high", "none | low", "not critical", ">= low"]),
    "new": st.sampled_from(["-", "yes", "no", "known", "absent"]),
    "age": st.sampled_from(["-", "< 2", "1..3", ">= 2", "2", "known", "absent"]),
    "amount": st.sampled_from(["-", ">= 0.02 GBP", "< 0.02 GBP | >= 0.01 EUR", "known"]),
}

# Every value that the cells above can tell from another.
VALUES: Mapping[str, tuple[Seen, ...]] = {
    "tier": (("smb",), ("mid",), ("strategic",)),
    "cues": tuple(chain.from_iterable(combinations("abc", n) for n in range(4))),
    "risk": (("none",), ("low",), ("medium",), ("high",), ("critical",)),
    "new": ((), ("true",), ("false",)),
    "age": ((), ("0",), ("1",), ("2",), ("3",), ("4",)),
    "amount": (
        (),
        *(Money(amount_minor=n, currency=unit) for unit in ("GBP", "EUR", "USD") for n in range(4)),
    ),
}


def cases(table: Table) -> Iterator[Inputs]:
    names = [column.name for column in table.columns]
    for values in product(*(VALUES[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def holds(table: Table, row: int, case: Inputs) -> bool:
    """Ask each cell by itself: no index, no bits."""
    return all(cell.holds(case.get(name, ())) for name, cell in table.cells[row].items())


@st.composite
def tables(draw: st.DrawFn) -> Table:
    names = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=3, unique=True))
    rows = [
        Row(rule=f"r{at}", when={name: draw(CELLS[name]) for name in names})
        for at in range(draw(st.integers(1, 5)))
    ]
    table, problems = compile_rows(rows, COLUMNS)
    assert problems == ()
    return table


class TestCover:
    @settings(max_examples=300)
    @given(table=tables())
    def test_agrees_with_every_case_there_is(self, table: Table) -> None:
        every, rows = list(cases(table)), range(len(table.rules))
        coverage = cover(table)

        gap, both = coverage.gap(), {(one, other) for one, other, _ in overlaps(coverage)}

        held = [{row for row in rows if holds(table, row, case)} for case in every]
        assert (gap is None) == all(held)
        assert gap is None or not any(holds(table, row, gap) for row in rows)
        assert both == {pair for one in held for pair in combinations(sorted(one), 2)}
        assert set(unreachable(coverage)) == set(rows) - {min(one) for one in held if one}

    @settings(max_examples=100)
    @given(table=tables())
    def test_shows_a_case_for_each_overlap(self, table: Table) -> None:
        for one, other, witness in overlaps(cover(table)):
            assert holds(table, one, witness)
            assert holds(table, other, witness)

    def test_refuses_what_it_cannot_look_at_whole(self) -> None:
        wide = {"cues": Column(name="cues", kind="codes", many=True)}
        rows = [Row(rule=f"r{at}", when={"cues": f"code-{at}"}) for at in range(13)]
        table, _ = compile_rows(rows, wide)

        with pytest.raises(TooWide):
            cover(table)


class TestTable:
    @settings(max_examples=300)
    @given(table=tables(), data=st.data())
    def test_finds_the_rows_that_their_cells_allow(self, table: Table, data: st.DataObject) -> None:
        case = {
            column.name: data.draw(st.sampled_from(VALUES[column.name])) for column in table.columns
        }

        found = table.holding(case)

        rows = range(len(table.rules))
        assert [bool(found >> row & 1) for row in rows] == [holds(table, r, case) for r in rows]

    @settings(max_examples=200)
    @given(table=tables(), data=st.data())
    def test_tells_the_nearest_rows_and_what_kept_them_out(
        self, table: Table, data: st.DataObject
    ) -> None:
        case = {
            column.name: data.draw(st.sampled_from(VALUES[column.name])) for column in table.columns
        }

        told = table.explain(case)

        wrong = {
            row: [name for name, cell in cells.items() if not cell.holds(case.get(name, ()))]
            for row, cells in enumerate(table.cells)
        }
        others = sorted((len(names), row) for row, names in wrong.items() if row != told.row)
        assert told.row == min((row for row, names in wrong.items() if not names), default=None)
        assert all(one.held for one in told.predicates)
        assert [near.row for near in told.nearest] == [
            row for misses, row in others if misses <= 2
        ][:5]
        assert [[one.field for one in near.failed] for near in told.nearest] == [
            [column.name for column in table.columns if column.name in wrong[near.row]]
            for near in told.nearest
        ]
