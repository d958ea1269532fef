import pytest

from playbook.case import Money
from playbook.cells import CellInvalid, read_cell
from playbook.columns import Column, Kind, Seen
from playbook.tables import Row, compile_rows

AMOUNT = Money(amount_minor=500, currency="GBP")
WORDS = Column(name="x", kind="codes", codes=("a", "b", "c"), many=True)


def column(kind: Kind, name: str = "x") -> Column:
    return Column(name=name, kind=kind)


class TestReadCell:
    @pytest.mark.parametrize(
        ("cell", "seen", "holds"),
        [
            ("known", ("a",), True),
            ("known", (), False),
            ("absent", (), True),
            ("absent", ("a",), False),
            ("a | b", ("b", "c"), True),
            ("a | b", ("c",), False),
            ("a", (), False),
            ("not a", ("a", "b"), False),
            ("not a | b", ("c",), True),
            ("not a", (), True),
        ],
    )
    def test_reads_words(self, cell: str, seen: Seen, holds: bool) -> None:  # noqa: FBT001 - a column of the table
        found = read_cell(cell, WORDS)

        assert found is not None
        assert found.holds(seen) is holds

    @pytest.mark.parametrize(
        ("kind", "cell", "seen", "holds"),
        [
            ("money", "known", AMOUNT, True),
            ("money", ">= 5.00 GBP", AMOUNT, True),
            ("money", "> 5.00 GBP", AMOUNT, False),
            ("money", ">= 5.01 GBP | >= 0.01 EUR", AMOUNT, False),
            ("money", "<= 5.00 GBP", AMOUNT, True),
            ("money", "< 5.00 GBP", AMOUNT, False),
            ("money", "1.00 GBP .. 5.00 GBP", AMOUNT, True),
            ("money", ">= 1 EUR", AMOUNT, False),
            ("money", ">= 400 JPY", Money(amount_minor=400, currency="JPY"), True),
            ("money", ">= 1.00 GBP", (), False),
            ("number", "2..4", ("4",), True),
            ("number", "2..4", ("5",), False),
            ("number", "3", ("3",), True),
            ("number", "3", ("4",), False),
            ("number", ">= 1", ("many",), False),
            ("date", "2026-11-01..2026-11-30", ("2026-11-30",), True),
            ("date", "< 2026-11-01", ("2026-11-01",), False),
            ("duration", "< 3d", ("71h",), True),
            ("duration", ">= 3d", ("71h",), False),
            ("level", ">= medium", ("high",), True),
            ("level", ">= medium", ("low",), False),
            ("level", "none | low", ("none",), True),
            ("flag", "yes", ("true",), True),
            ("flag", "no", ("true",), False),
            ("given", "known", ("PO-1",), True),
        ],
    )
    def test_reads_what_is_measured(
        self,
        kind: Kind,
        cell: str,
        seen: Seen,
        holds: bool,  # noqa: FBT001 - a column of the table
    ) -> None:
        found = read_cell(cell, column(kind))

        assert found is not None
        assert found.holds(seen) is holds

    @pytest.mark.parametrize("kind", ["codes", "level", "flag", "money", "number", "given"])
    def test_takes_a_dash_for_anything(self, kind: Kind) -> None:
        assert read_cell(" - ", column(kind)) is None

    @pytest.mark.parametrize(
        ("kind", "cell", "expected"),
        [
            ("codes", "a b", "codes with |"),
            ("codes", "", "codes with |"),
            ("level", ">= huge", "a level among: none, low"),
            ("level", "< high", "`>=` and a level"),
            ("level", "huge", "one of: none, low"),
            ("flag", "maybe", "one of: true, false"),
            ("money", ">= 5.00", "an amount with its currency, like 500.00 GBP"),
            ("money", ">= 5.001 GBP", "an amount with its currency"),
            ("money", ">= NaN GBP", "an amount with its currency"),
            ("money", "1 GBP .. 2 EUR", "in one unit"),
            ("number", "5..2", "from less to more"),
            ("number", "1.5", "a whole number"),
            ("date", ">= 22.11.2026", "a date like 2026-11-22"),
            ("duration", ">= soon", "a duration like 90s"),
            ("given", "PO-1", "`known`, `absent` or `-`"),
        ],
    )
    def test_says_what_it_expected(self, kind: Kind, cell: str, expected: str) -> None:
        with pytest.raises(CellInvalid) as refused:
            read_cell(cell, column(kind))

        assert expected in str(refused.value)

    def test_knows_the_codes_of_a_column(self) -> None:
        with pytest.raises(CellInvalid, match="one of: a, b, c"):
            read_cell("a | d", WORDS)

    def test_asks_not_whether_what_is_always_there_is_there(self) -> None:
        with pytest.raises(CellInvalid, match="never absent"):
            read_cell("known", Column(name="tier", kind="codes", always=True))


class TestTable:
    def test_writes_amounts_as_references(self) -> None:
        row = Row(rule="r", when={"x": ">= 1.00 GBP"})
        table, _ = compile_rows([row], {"x": column("money")})

        [told] = table.look_at(0, {"x": AMOUNT})

        assert told == ("x", "at_least", ("100:GBP",), ("500:GBP",), True)

    def test_takes_cells_as_yaml_reads_them(self) -> None:
        row = Row.model_validate({"rule": "r", "when": {"n": 3, "f": True}})

        table, problems = compile_rows(
            [row], {"n": column("number", "n"), "f": column("flag", "f")}
        )

        assert problems == ()
        assert table.first({"n": ("3",), "f": ("true",)}) == 0
        assert table.first({"n": ("3",), "f": ("false",)}) is None

    def test_collects_every_row_that_holds_in_order(self) -> None:
        rows = [Row(rule="r", when={"n": ">= 3"}), Row(rule="s", when={"n": "1"}), Row(rule="t")]

        table, _ = compile_rows(rows, {"n": column("number", "n")})

        assert table.collect({"n": ("4",)}) == (0, 2)
        assert table.collect({"n": ("1",)}) == (1, 2)

    def test_says_which_cell_cannot_be_read(self) -> None:
        rows = [Row(rule="r"), Row(rule="s", when={"n": "few", "nowhere": "a"})]

        _, problems = compile_rows(rows, {"n": column("number", "n")})

        assert [(one.row, one.column) for one in problems] == [(1, "n"), (1, "nowhere")]
        assert "a clear input (n)" in problems[1].expected
