"""What a table says agrees with asking each cell by itself, however often it was asked before."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings, strategies as st

from playbook.case import Money
from playbook.columns import Column, Inputs, Seen, show
from playbook.explaining import MOST_CELLS, Explanation, Near, Predicate
from playbook.tables import Row, Table, compile_rows

_MANY = tuple(f"code-{at}" for at in range(40))
_COLUMNS = (
    Column(name="tier", kind="codes", codes=("smb", "mid", "strategic"), always=True),
    Column(name="region", kind="codes", codes=("uk", "de"), closed=False),
    Column(name="wide", kind="codes", codes=_MANY),
    Column(name="open", kind="codes"),
    Column(name="cues", kind="codes", codes=("a", "b", "c"), many=True),
    Column(name="risk", kind="level", always=True),
    Column(name="new", kind="flag"),
    Column(name="order", kind="given"),
    Column(name="age", kind="number"),
    Column(name="wait", kind="duration"),
    Column(name="amount", kind="money"),
)
_CELLS: Mapping[str, Sequence[str]] = {
    "tier": ("-", "smb", "smb | mid", "not strategic"),
    "region": ("-", "uk", "not uk", "known", "absent"),
    "wide": ("-", "code-7", "not code-1 | code-7", "absent"),
    "open": ("-", "smb", "not x", "known"),
    "cues": ("-", "a", "a | b", "not a", "known", "absent"),
    "risk": ("-", ">= high", "none | low", "not critical"),
    "new": ("-", "yes", "no", "known", "absent"),
    "order": ("-", "known", "absent"),
    "age": ("-", "< 2", "1..3", ">= 2", "known", "absent"),
    "wait": ("-", "< 3d", ">= 4h", "absent"),
    "amount": ("-", ">= 0.02 GBP", "< 0.02 GBP | >= 0.01 EUR", "known"),
}
_FITTING: Mapping[str, Sequence[Seen]] = {
    "tier": (("smb",), ("mid",), ("strategic",)),
    "region": ((), ("uk",), ("de",)),
    "wide": ((), ("code-1",), ("code-7",), ("code-39",)),
    "open": ((), ("smb",), ("x",), ("nobody-named-this",)),
    "cues": ((), ("a",), ("a", "b"), ("c", "b", "c")),
    "risk": (("none",), ("medium",), ("high",)),
    "new": ((), ("true",), ("false",)),
    "order": ((), ("PO-1",)),
    "age": ((), ("1",), ("2",), ("4",)),
    "wait": ((), ("5h",), ("7d",)),
    "amount": (
        (),
        Money(amount_minor=2, currency="GBP"),
        Money(amount_minor=1, currency="EUR"),
        Money(amount_minor=3, currency="USD"),
    ),
}
_STRANGE: Sequence[Seen] = (
    (),
    ("",),
    ("nobody-named-this",),
    ("smb", "mid"),
    ("not-a-number",),
)


@st.composite
def _tables(draw: st.DrawFn) -> Table:
    columns = draw(st.lists(st.sampled_from(_COLUMNS), max_size=6, unique=True))
    rows = [
        Row(rule=f"r{at}", when={one.name: draw(st.sampled_from(_CELLS[one.name])) for one in some})
        for at, some in enumerate(draw(st.lists(st.just(columns), max_size=12)))
    ]
    table, problems = compile_rows(rows, {one.name: one for one in columns})
    assert problems == ()
    return table


def _some(values: Mapping[str, Sequence[Seen]]) -> st.SearchStrategy[dict[str, Seen]]:
    return st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(seen) for name, seen in values.items()}
    )


# Values of a column's own, so that no column takes the longer way; or any of any column.
_ANY = (
    *(seen for values in _FITTING.values() for seen in values if not isinstance(seen, Money)),
    *_STRANGE,
)
_INPUTS = _some(_FITTING) | _some(
    {**dict.fromkeys((*_CELLS, "nowhere", ""), _ANY), "amount": _FITTING["amount"]}
)


def _told(table: Table, row: int, case: Inputs) -> tuple[Predicate, ...]:
    """Ask each cell of a row by itself, in the order of the columns."""
    cells = table.cells[row]
    asked = [(one.name, cells[one.name]) for one in table.columns if one.name in cells]
    return tuple(
        Predicate(name, cell.op, cell.expected(), show(seen), cell.holds(seen))
        for name, cell in asked
        for seen in [case.get(name, ())]
    )


def _explained(table: Table, case: Inputs) -> Explanation:
    """Explain as the words of `Table.explain` define it: no index, no bits, nothing kept."""
    rows = [_told(table, row, case) for row in range(len(table.rules))]
    failed = [tuple(one for one in told if not one.held) for told in rows]
    taken = next((row for row, those in enumerate(failed) if not those), None)
    near = sorted(
        (len(those), row) for row, those in enumerate(failed) if row != taken and len(those) <= 2
    )
    return Explanation(
        taken,
        rows[taken] if taken is not None else (),
        tuple(Near(row, failed[row]) for _, row in near[:5]),
    )


class TestTable:
    @settings(max_examples=300)
    @given(table=_tables(), cases=st.lists(_INPUTS, min_size=1, max_size=6))
    def test_explains_as_defined_whatever_it_was_asked_before(
        self, table: Table, cases: list[dict[str, Seen]]
    ) -> None:
        for case in [*cases, *cases]:
            told = table.explain(case)

            assert told == _explained(table, case)

    @settings(max_examples=300)
    @given(table=_tables(), case=_INPUTS)
    def test_finds_the_rows_whose_cells_all_hold(self, table: Table, case: dict[str, Seen]) -> None:
        held = [
            row
            for row in range(len(table.rules))
            if all(one.held for one in _told(table, row, case))
        ]

        assert list(table.collect(case)) == held
        assert table.first(case) == next(iter(held), None)
        assert table.explain(case).row == next(iter(held), None)

    def test_keeps_nothing_of_values_that_the_playbook_does_not_name(self) -> None:
        """Who files cases chooses such values: what is kept of them would grow without end."""
        rows = [
            Row(rule="r", when={"region": "uk", "open": "x", "cues": "a", "age": ">= 2"}),
            Row(rule="s", when={"amount": "known", "order": "known"}),
        ]
        table, _ = compile_rows(rows, {one.name: one for one in _COLUMNS})

        for at in range(200):
            seen = (f"made-up-{at}",)
            table.explain(dict.fromkeys(("region", "open", "order"), seen) | {"age": (f"{at}",)})
            table.explain({"cues": ("a", *seen), "amount": Money(amount_minor=at, currency="GBP")})
            table.explain({"region": ("uk",), "cues": ("a",)})

        kept = {name: set(sights) for name, sights, _ in table.indexes}
        assert kept["region"] == {("uk",), ()}
        assert kept["cues"] == {("a",), ()}
        assert kept["open"] == kept["order"] == {()}
        assert kept["age"] == kept["amount"] == set()

    @pytest.mark.parametrize("failing", [1, 2, 3, MOST_CELLS])
    def test_counts_all_cells_of_the_widest_row(self, failing: int) -> None:
        columns = {
            f"c{at}": Column(name=f"c{at}", kind="codes", codes=("a", "b"))
            for at in range(MOST_CELLS)
        }
        table, problems = compile_rows(
            [Row(rule="r"), Row(rule="s", when=dict.fromkeys(columns, "a")), Row(rule="t")], columns
        )
        case: dict[str, Seen] = dict.fromkeys(columns, ("a",))
        case |= dict.fromkeys(list(columns)[:failing], ("b",))

        told = table.explain(case)

        assert problems == ()
        assert told == _explained(table, case)

    def test_refuses_a_row_of_more_cells_than_it_can_count(self) -> None:
        columns = {
            f"c{at}": Column(name=f"c{at}", kind="codes", codes=("a",))
            for at in range(MOST_CELLS + 2)
        }

        table, problems = compile_rows([Row(rule="r", when=dict.fromkeys(columns, "a"))], columns)

        [problem] = problems
        assert (problem.row, problem.column) == (0, f"c{MOST_CELLS}")
        assert problem.expected == "at most 255 cells in a row"
        assert len(table.cells[0]) == MOST_CELLS
