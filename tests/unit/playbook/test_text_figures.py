import pytest

from playbook.text_figures import Guess, at_bound, choose_bound, measure


def guess(label: str, said: str, confidence: float, language: str = "en") -> Guess:
    return Guess(label=label, said=said, confidence=confidence, language=language)


FOUR = [
    guess("a", "a", 0.95),
    guess("a", "b", 0.55, "de"),
    guess("b", "b", 1.0),
    guess("b", "b", 0.58),
]


class TestMeasure:
    def test_says_how_often_it_was_right(self) -> None:
        found = measure(FOUR, bound=None)

        assert (found.texts, found.accuracy) == (4, 0.75)
        assert found.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)

    def test_looks_at_each_type(self) -> None:
        first, second = measure(FOUR, bound=None).types

        assert (first.label, first.texts, first.precision, first.recall) == ("a", 2, 1.0, 0.5)
        assert (second.label, second.texts, second.recall) == ("b", 2, 1.0)
        assert second.precision == pytest.approx(2 / 3)

    def test_counts_a_type_that_was_never_said(self) -> None:
        found = measure([guess("a", "b", 0.9), guess("b", "b", 0.9)], bound=None)

        assert (found.types[0].precision, found.types[0].f1) == (0.0, 0.0)

    def test_holds_confidence_against_truth(self) -> None:
        found = measure(FOUR, bound=None)

        assert [(one.low, one.texts, one.accuracy) for one in found.reliability] == [
            (0.5, 2, 0.5),
            (0.9, 2, 1.0),
        ]
        assert found.ece == pytest.approx((2 * abs(0.565 - 0.5) + 2 * abs(0.975 - 1.0)) / 4)

    def test_says_what_silence_costs(self) -> None:
        found = measure(FOUR, bound=0.57).abstention

        shown = {one.bound: (one.coverage, one.accuracy) for one in found}
        assert shown[0.0] == (1.0, 0.75)
        assert shown[0.57] == (0.75, 1.0)
        assert shown[0.9] == (0.5, 1.0)

    def test_looks_at_each_language(self) -> None:
        found = measure(FOUR, bound=None).languages

        assert [(one.language, one.texts, one.accuracy) for one in found] == [
            ("de", 1, 0.0),
            ("en", 3, 1.0),
        ]


class TestAtBound:
    def test_is_never_right_where_it_never_speaks(self) -> None:
        found = at_bound(FOUR[:2], 0.99)

        assert (found.coverage, found.accuracy) == (0.0, None)


class TestChooseBound:
    def test_takes_the_lowest_that_keeps_enough_right(self) -> None:
        right = [guess("a", "a", 0.9)] * 30
        wrong = [guess("a", "b", 0.734)] * 10

        assert choose_bound([*right, *wrong], right=0.95) == 0.74
        assert choose_bound([*right, *wrong], right=0.7) == 0.5

    def test_finds_none_where_sureness_says_nothing(self) -> None:
        mixed = [guess("a", "a", 0.9), guess("a", "b", 0.9)] * 30

        assert choose_bound(mixed, right=0.95) is None

    def test_trusts_no_bound_with_few_texts(self) -> None:
        assert choose_bound([guess("a", "a", 0.9)] * 19, right=0.95) is None
