"""Verdicts and order, without a database."""

from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from audit.domain.arrivals import Arrival, Known, Place, Stream, Verdict, choose_order, judge
from builders_audit import NOON


def arrival(
    name: str, *, about: str = "case", event_id: int | None = None, digest: bytes = b"d"
) -> Arrival:
    """Return the arrival of `router 1`."""
    producer, _, sequence = name.partition(" ")
    place = Place(producer, "cases.v1", about, int(sequence))
    return Arrival(
        event_id=UUID(int=hash(place) % 2**64 if event_id is None else event_id),
        digest=digest,
        place=place,
        partition=0,
        offset=0,
        type="case.told.v1",
        marketplace="harbour",
        occurred_at=NOON,
        headers={},
        payload=b"",
        leaf=b"",
        received_at=NOON,
    )


def names(arrivals: object) -> list[str]:
    assert isinstance(arrivals, list)
    return [f"{one.place.producer} {one.place.sequence}" for one in arrivals]


class TestJudge:
    @pytest.mark.parametrize(
        ("second", "verdict"),
        [
            (arrival("a 1", event_id=1), Verdict.DUPLICATE),
            (arrival("a 1", event_id=1, digest=b"other"), Verdict.SAME_ID),
            (arrival("a 2", event_id=1, digest=b"other"), Verdict.SAME_ID),
            (arrival("a 1", event_id=2), Verdict.SAME_PLACE),
            (arrival("a 2", event_id=2), Verdict.NEW),
            (arrival("b 1", event_id=2), Verdict.NEW),
            (arrival("a 1", event_id=2, about="other"), Verdict.NEW),
        ],
    )
    def test_lets_the_first_stay(self, second: Arrival, verdict: Verdict) -> None:
        known = Known()
        known.take(arrival("a 1", event_id=1))

        assert judge(second, known) is verdict


class TestChooseOrder:
    @pytest.mark.parametrize(
        ("come", "ready", "held"),
        [
            ("a 1,b 1,a 2", "a 1,b 1,a 2", ""),
            ("a 2", "", "a"),
            ("a 2,a 1", "a 1,a 2", ""),
            ("a 1,a 3,b 1", "a 1", "a"),
            ("a 2,b 1,a 1,b 2", "a 1,a 2,b 1,b 2", ""),
            ("a 2,b 2,a 1,c 1", "a 1,a 2", "b"),
            ("b 2,a 2,a 1,b 1", "a 1,b 1,b 2,a 2", ""),
            ("", "", ""),
        ],
    )
    def test_holds_what_stands_behind_a_hole(self, come: str, ready: str, held: str) -> None:
        arrivals = [arrival(name) for name in come.split(",") if name]

        order = choose_order(arrivals, {})

        assert names(order.ready) == [name for name in ready.split(",") if name]
        assert {stream.producer for stream in order.held} == set(held.split()) - {""}

    def test_holds_one_case_and_not_the_others(self) -> None:
        arrivals = [arrival("a 2"), arrival("a 1", about="other")]

        order = choose_order(arrivals, {})

        assert [one.place.subject for one in order.ready] == ["other"]
        assert order.held == {Stream("a", "cases.v1", "case")}

    def test_takes_at_once_what_comes_after_its_gap_was_reported(self) -> None:
        stream = Stream("a", "cases.v1", "case")

        order = choose_order([arrival("a 2"), arrival("a 6")], {stream: 5})

        assert names(order.ready) == ["a 2", "a 6"]
        assert order.last == {stream: 6}

    @given(st.permutations([f"{p} {n}" for p in "ab" for n in range(1, 6)]))
    def test_loses_nothing_and_counts_up_whatever_the_arrival(self, come: list[str]) -> None:
        order = choose_order([arrival(name) for name in come], {})

        assert order.held == frozenset()
        for producer in "ab":
            mine = [name for name in names(order.ready) if name.startswith(producer)]
            assert mine == [f"{producer} {n}" for n in range(1, 6)]
