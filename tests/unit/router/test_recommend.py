"""Who has done well with cases like this, and when that is not known."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from router.domain.recommend import PastCase, lower_bound, recommend_owners

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BOTH = frozenset({"mara", "jonas"})


def history(member: str, *, cases: int, in_time: int, hours: float = 1.0) -> list[PastCase]:
    return [
        PastCase(member=member, in_time=number < in_time, hours=hours, resolved_at=NOON)
        for number in range(cases)
    ]


class TestRecommendOwners:
    @pytest.mark.covers("RT-10")
    def test_ranks_by_what_the_history_shows_at_least(self) -> None:
        past = [*history("mara", cases=5, in_time=5), *history("jonas", cases=100, in_time=95)]

        found = recommend_owners(past, among=BOTH)

        assert [(one.member, one.cases, one.in_time) for one in found.owners] == [
            ("jonas", 100, 95),
            ("mara", 5, 5),
        ]

    @pytest.mark.covers("RT-10")
    def test_says_so_when_the_history_is_too_short(self) -> None:
        found = recommend_owners(history("mara", cases=4, in_time=4), among=BOTH)

        assert (found.enough_history, found.similar, found.owners) == (False, 4, ())

    def test_prefers_the_faster_of_equals(self) -> None:
        past = [
            *history("mara", cases=9, in_time=9, hours=5),
            *history("jonas", cases=9, in_time=9, hours=2),
        ]

        assert [one.member for one in recommend_owners(past, among=BOTH).owners] == [
            "jonas",
            "mara",
        ]

    def test_leaves_out_who_may_not_take_the_case(self) -> None:
        found = recommend_owners(history("mara", cases=9, in_time=9), among=frozenset({"jonas"}))

        assert (found.enough_history, found.similar) == (False, 0)


class TestLowerBound:
    def test_is_wilson_s(self) -> None:
        assert lower_bound(95, 100) == pytest.approx(0.8882, abs=1e-4)

    @given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_is_never_above_the_share(self, tried: tuple[int, int]) -> None:
        hits, count = tried

        assert 0 <= lower_bound(hits, count) <= hits / count + 1e-12
