"""What a review of an appeal may say, and the decisions that it comes to."""

from dataclasses import dataclass, replace

import pytest

from builders_contracts import an_id
from resolution.domain.review import Instead, Review, check_review, drafts_of

METRIC, REFUND, STRANGE = (an_id("dec", number) for number in (1, 2, 9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """A decision that is appealed."""

    id: str
    type: str
    outcome: str
    root_cause: str = "delivered_but_claimed"
    redress: str | None = "appeal"


AGAINST = (
    Old(id=METRIC, type="seller_metric", outcome="counted"),
    Old(id=REFUND, type="buyer_refund", outcome="refund_from_seller", redress=None),
)
METRIC_FREE = Instead(decision=METRIC, outcome="not_counted")
REFUND_FREE = Instead(decision=REFUND, outcome="no_refund", reasons=("policy_applied",))
UPHELD = Review(
    outcome="upheld",
    instead=(),
    reasons=("delivery_not_proven",),
    root_cause=None,
    evidence=(),
    redress=None,
    template="dispute.decision.each",
    authority=2,
)
PARTLY = replace(UPHELD, outcome="partly", instead=(METRIC_FREE,))
OVERTURNED = replace(UPHELD, outcome="overturned", instead=(METRIC_FREE, REFUND_FREE))


def pointers(review: Review) -> list[str]:
    return [problem.pointer for problem in check_review(review, AGAINST)]


class TestCheckReview:
    @pytest.mark.parametrize(
        "review",
        [
            UPHELD,
            PARTLY,
            OVERTURNED,
            replace(OVERTURNED, outcome="partly"),
            # The same word of another type is another decision.
            replace(PARTLY, instead=(replace(METRIC_FREE, outcome="counted", type="other"),)),
        ],
    )
    def test_lets_an_outcome_pass_that_fits_to_what_is_decided(self, review: Review) -> None:
        assert pointers(review) == []

    @pytest.mark.parametrize(
        ("review", "wrong"),
        [
            (replace(UPHELD, instead=(METRIC_FREE,)), "/instead"),
            (replace(PARTLY, instead=()), "/instead"),
            (replace(OVERTURNED, instead=(METRIC_FREE,)), "/instead"),
            (replace(OVERTURNED, instead=()), "/instead"),
            (
                replace(PARTLY, instead=(replace(METRIC_FREE, decision=STRANGE),)),
                "/instead/0/decision",
            ),
            (replace(PARTLY, instead=(METRIC_FREE, METRIC_FREE)), "/instead/1/decision"),
            (
                replace(PARTLY, instead=(replace(METRIC_FREE, outcome="counted"),)),
                "/instead/0/outcome",
            ),
        ],
    )
    def test_points_at_what_does_not_fit(self, review: Review, wrong: str) -> None:
        assert pointers(review) == [wrong]

    def test_names_what_an_overturning_leaves_out(self) -> None:
        [problem] = check_review(replace(OVERTURNED, instead=(REFUND_FREE,)), AGAINST)

        assert METRIC in problem.detail
        assert REFUND not in problem.detail


class TestDraftsOf:
    def test_make_again_what_stands(self) -> None:
        first, second = drafts_of(UPHELD, AGAINST)

        assert (first.type, first.outcome) == ("seller_metric", "counted")
        assert (second.type, second.outcome) == ("buyer_refund", "refund_from_seller")
        assert first.reasons == ("delivery_not_proven",)
        assert (first.root_cause, first.redress) == ("delivered_but_claimed", "appeal")
        assert (second.redress, first.of_appeal, first.authority) == (None, "upheld", 2)
        assert first.by_person

    def test_take_what_is_decided_instead_with_its_own_reasons(self) -> None:
        first, second = drafts_of(OVERTURNED, AGAINST)

        assert (first.outcome, first.reasons) == ("not_counted", ("delivery_not_proven",))
        assert (second.outcome, second.reasons) == ("no_refund", ("policy_applied",))

    def test_take_the_reviewers_cause_and_redress_where_they_are_said(self) -> None:
        said = replace(UPHELD, root_cause="buyer_mistake", redress="court")

        assert {(one.root_cause, one.redress) for one in drafts_of(said, AGAINST)} == {
            ("buyer_mistake", "court")
        }

    def test_know_where_the_body_has_their_words(self) -> None:
        swapped = replace(OVERTURNED, instead=(REFUND_FREE, METRIC_FREE))

        first, second = drafts_of(swapped, AGAINST)

        assert first.places == {"type": "/instead/1/type", "outcome": "/instead/1/outcome"}
        assert second.places["reasons"] == "/instead/0/reasons"
        assert drafts_of(UPHELD, AGAINST)[0].places == {}
