import pytest
from pydantic import ValidationError

from playbook.case import Money
from playbook.tables import Condition, Seen, look

AMOUNT = Money(amount_minor=500, currency="GBP")


class TestLook:
    @pytest.mark.parametrize(
        ("test", "seen", "held"),
        [
            ({"known": True}, ("a",), True),
            ({"known": True}, (), False),
            ({"known": False}, (), True),
            ({"known": True}, AMOUNT, True),
            ({"any_of": ("a", "b")}, ("b", "c"), True),
            ({"any_of": ("a", "b")}, ("c",), False),
            ({"any_of": ("a",)}, (), False),
            ({"any_of": ("a",)}, AMOUNT, False),
            ({"at_least": "medium"}, ("high",), True),
            ({"at_least": "medium"}, ("medium",), True),
            ({"at_least": "medium"}, ("low",), False),
            ({"at_least": "medium"}, (), False),
            ({"at_least_money": {"GBP": 500}}, AMOUNT, True),
            ({"at_least_money": {"GBP": 501}}, AMOUNT, False),
            ({"at_least_money": {"EUR": 1}}, AMOUNT, False),
            ({"at_least_money": {"GBP": 1}}, ("x",), False),
        ],
    )
    def test_says_whether_it_holds(self, test: dict[str, object], seen: Seen, held: bool) -> None:  # noqa: FBT001 - a column of the table
        condition = Condition.model_validate({"input": "x", **test})

        assert look(condition, {"x": seen}).held is held

    def test_writes_amounts_as_references(self) -> None:
        condition = Condition(input="x", at_least_money={"GBP": 100})

        found = look(condition, {"x": AMOUNT})

        assert (found.op, found.expected, found.seen) == (
            "at_least_money",
            ("100:GBP",),
            ("500:GBP",),
        )

    def test_refuses_two_tests_in_one_cell(self) -> None:
        with pytest.raises(ValidationError, match="exactly one"):
            Condition(input="x", known=True, any_of=("a",))
