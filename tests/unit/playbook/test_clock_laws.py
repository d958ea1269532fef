"""domain.md §6: the laws of clocks, by number, as far as they are pure."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from playbook.calendar import Calendar, add_business, business_elapsed
from playbook.clock import (
    Advance,
    Cancel,
    Clock,
    Fire,
    Identity,
    Interval,
    Pause,
    Resume,
    Retarget,
    Stop,
    Transition,
)
from playbook.clocks import advance, start
from playbook.ledger import ledger
from playbook.targets import Target

EXACT = settings(derandomize=True, deadline=None, max_examples=100)

OFFICE = Calendar.model_validate(
    {
        "id": "office",
        "version": 1,
        "zone": "Europe/London",
        "week": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    }
)
ALWAYS = Calendar.model_validate(
    {
        "id": "always",
        "version": 1,
        "zone": "Etc/UTC",
        "week": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    }
)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def target(
    hours: float = 10, *, calendar: Calendar = ALWAYS, steps: tuple[int, ...] = (100,)
) -> Target:
    return Target(
        duration=hours * HOUR, calendar=calendar, steps=steps, ladder=None, row="resolution"
    )


def clock(goal: Target | None = None, *, window: bool = False) -> Clock:
    identity = Identity(
        clock_id="clk_1",
        kind="resolution",
        object_id="case_1",
        episode=0,
        playbook="marketplace-core@1.0.0",
        team="verification",
        window=window,
    )
    return start(identity, at=MONDAY, target=goal or target()).clock


def after(hours: float) -> datetime:
    return MONDAY + hours * HOUR


def told(result: Advance) -> list[str]:
    return [announcement.event for announcement in result.announcements]


MOVES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                Pause(),
                Resume(),
                Retarget(target(6, calendar=OFFICE)),
                Retarget(target(20, calendar=OFFICE), team="finance"),
            ]
        ),
        st.integers(min_value=0, max_value=20 * 3600),
    ),
    max_size=8,
)


def play(
    moves: list[tuple[Transition, int]], *, monitor: list[int] | None = None
) -> tuple[Clock, list[str], tuple[Interval, ...], datetime]:
    """Play moves at growing times; a monitor may fire in between at times of its own."""
    at, result = MONDAY, Advance(clock=clock(target(10, calendar=OFFICE, steps=(50, 100))))
    events: list[str] = []
    intervals: tuple[Interval, ...] = ()
    ticks = sorted(monitor or [])
    for transition, seconds in moves:
        at += timedelta(seconds=seconds)
        due = [MONDAY + timedelta(seconds=tick) for tick in ticks]
        for tick in [tick for tick in due if result.clock.last_time <= tick < at]:
            result = advance(result.clock, Fire(), tick, OFFICE)
            events += told(result)
        result = advance(result.clock, transition, at, OFFICE)
        events += told(result)
        intervals += result.intervals
    return result.clock, events, intervals, at


class TestLaws:
    @EXACT
    @given(MOVES, st.integers(min_value=0, max_value=90_000))
    def test_2_running_paused_and_off_hours_add_up_to_wall_time(
        self, moves: list[tuple[Transition, int]], last: int
    ) -> None:
        ended, _, intervals, at = play([*moves, (Stop(), last)])

        sums = ledger(intervals, OFFICE)

        assert sums.running + sums.paused + sums.off_hours == sums.wall == at - MONDAY
        assert sums.running == ended.consumed
        assert all(one.to_at == two.from_at for one, two in pairwise(intervals))

    @EXACT
    @given(MOVES)
    def test_3_changing_the_target_keeps_consumed_time(
        self, moves: list[tuple[Transition, int]]
    ) -> None:
        before, *_, at = play(moves)

        changed = advance(before, Retarget(target(33, calendar=OFFICE)), at, OFFICE).clock

        assert changed.consumed == before.consumed + business_elapsed(
            OFFICE, before.running_since or at, at
        )

    @EXACT
    @given(MOVES, st.lists(st.integers(min_value=0, max_value=400_000), max_size=5))
    def test_4_due_times_do_not_depend_on_when_the_monitor_ran(
        self, moves: list[tuple[Transition, int]], ticks: list[int]
    ) -> None:
        ending = [*moves, (Stop(), 1)]

        often, never = play(ending, monitor=ticks), play(ending)

        assert often[0] == never[0]
        assert [event for event in often[1] if event != "sla.warned"] == [
            event for event in never[1] if event != "sla.warned"
        ]

    @EXACT
    @given(MOVES, st.integers(min_value=0, max_value=90_000))
    def test_5_stopping_while_paused_equals_resuming_and_stopping(
        self, moves: list[tuple[Transition, int]], wait: int
    ) -> None:
        paused, *_ = play([*moves, (Pause(), 60)])
        at = paused.last_time + timedelta(seconds=wait)

        at_once = advance(paused, Stop(), at, OFFICE)
        resumed = advance(paused, Resume(), at, OFFICE)
        in_two = advance(resumed.clock, Stop(), at, OFFICE)

        assert at_once.clock == in_two.clock
        assert at_once.intervals == (*resumed.intervals, *in_two.intervals)

    @EXACT
    @given(MOVES, st.sampled_from([Pause(), Resume(), Stop(), Cancel(), Fire()]))
    def test_6_a_transition_made_twice_is_made_once(
        self, moves: list[tuple[Transition, int]], transition: Transition
    ) -> None:
        before, *_, at = play(moves)

        once = advance(before, transition, at, OFFICE)
        twice = advance(once.clock, transition, at, OFFICE)

        assert twice.clock == once.clock
        assert (twice.announcements, twice.intervals) == ((), ())

    @pytest.mark.fault(52)
    @EXACT
    @given(st.lists(st.integers(min_value=1, max_value=20 * 3600), min_size=1, max_size=6))
    def test_any_split_of_the_same_running_time_is_due_the_same(self, gaps: list[int]) -> None:
        """Pausing and resuming at once, anywhere, moves nothing."""
        at, result = MONDAY, clock(target(200, calendar=OFFICE))
        for gap in gaps:
            at += timedelta(seconds=gap)
            result = advance(result, Pause(), at, OFFICE).clock
            result = advance(result, Resume(), at, OFFICE).clock

        assert result.due_at == add_business(OFFICE, MONDAY, 200 * HOUR)

    @EXACT
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    [Pause(), Resume(), Fire(), Retarget(target(6)), Retarget(target(20))]
                ),
                st.integers(min_value=-20, max_value=20),
            ),
            max_size=12,
        )
    )
    def test_9_at_most_one_breach_per_revision_that_is_not_taken_back(
        self, moves: list[tuple[Transition, int]]
    ) -> None:
        hours, standing, current = 0, [], clock()
        for transition, gap in moves:
            hours = max(0, hours + gap)
            result = advance(current, transition, after(hours), ALWAYS)
            current = result.clock
            for one in result.announcements:
                if one.event == "sla.breached":
                    standing.append(one.revision)
                if one.event == "sla.breach_retracted":
                    standing.remove(one.revision)

        assert len(standing) == len(set(standing))
