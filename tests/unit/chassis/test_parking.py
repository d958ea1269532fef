"""Which parked record goes next."""

from datetime import timedelta
from uuid import UUID

from bells import NOON
from chassis.inbox import Cursor, Stream
from chassis.line import next_in_line
from chassis.parking import Held

LATER = NOON + timedelta(minutes=1)


def held(
    offset: int,
    sequence: int,
    *,
    producer: str = "porch",
    reason: str = "behind",
    state: str = "waiting",
    due: bool = True,
) -> Held:
    return Held(
        place=("bells.v1", 0, offset),
        stream=Stream(producer, "bells.v1", "front"),
        sequence=sequence,
        event_id=UUID(int=offset),
        reason=reason,
        state=state,
        attempts=0,
        next_attempt_at=NOON if due else LATER,
    )


def line(*waiting: Held, limit: int = 50, **seen: int) -> list[int]:
    cursors = {
        Stream(producer, "bells.v1", "front"): Cursor(sequence, UUID(int=0))
        for producer, sequence in seen.items()
    }
    return [one.place[2] for one in next_in_line(waiting, cursors, now=NOON, limit=limit)]


class TestNextInLine:
    def test_keeps_the_order_of_the_topic(self) -> None:
        first = held(10, 2, reason="failed")

        assert line(first, held(11, 1, producer="street"), held(12, 3), porch=1) == [10, 11, 12]

    def test_waits_for_a_failure_that_is_not_due(self) -> None:
        assert line(held(10, 2, reason="failed", due=False), held(11, 3), porch=1) == []

    def test_passes_nothing_by_the_dead(self) -> None:
        dead = held(11, 2, reason="failed", state="dead")

        assert line(held(10, 1), dead, held(12, 1, producer="street")) == [10]

    def test_waits_for_what_is_missing_before_a_gap(self) -> None:
        gap = held(10, 3, reason="gap")

        assert line(gap, held(11, 1, producer="street"), porch=1) == []

    def test_goes_on_when_what_was_missing_stands_later_in_the_topic(self) -> None:
        waiting = (held(10, 3, reason="gap"), held(11, 1, producer="street"), held(50, 2))

        assert line(*waiting, porch=1) == [11, 50, 10]

    def test_takes_what_was_seen_already_out_of_the_way(self) -> None:
        assert line(held(10, 1), held(11, 2), porch=2) == [10, 11]

    def test_takes_a_bite_at_a_time(self) -> None:
        assert line(*(held(n, n) for n in range(1, 9)), limit=3) == [1, 2, 3]
