from datetime import UTC, datetime, timedelta

import pytest

from playbook.calendar import Calendar
from playbook.clock import (
    Advance,
    Cancel,
    Clock,
    Fire,
    Identity,
    Pause,
    Resume,
    Retarget,
    Stop,
    Transition,
)
from playbook.clocks import advance, start
from playbook.targets import Target

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


def move(clock: Clock, *moves: tuple[Transition, float], calendar: Calendar = ALWAYS) -> Advance:
    """Make the moves one after the other; announcements and intervals add up."""
    result = Advance(clock=clock)
    for transition, hours in moves:
        step = advance(result.clock, transition, after(hours), calendar)
        result = Advance(
            clock=step.clock,
            announcements=(*result.announcements, *step.announcements),
            intervals=(*result.intervals, *step.intervals),
            clamped=result.clamped or step.clamped,
        )
    return result


def told(result: Advance) -> list[str]:
    return [announcement.event for announcement in result.announcements]


class TestStart:
    def test_knows_when_it_is_due_and_says_so(self) -> None:
        begun = start(
            Identity(
                clock_id="clk_1",
                kind="resolution",
                object_id="case_1",
                episode=0,
                playbook="marketplace-core@1.0.0",
                team=None,
                window=False,
            ),
            at=MONDAY,
            target=target(10, calendar=OFFICE, steps=(50, 100)),
        )

        assert told(begun) == ["sla.clock_started"]
        assert begun.clock.due_at == after(26)
        assert [step.due_at for step in begun.clock.steps] == [after(5), after(26)]
        assert (begun.clock.calendar, begun.clock.target_seconds) == ("office@1", 36_000)
        assert begun.clock.next_due_at == after(5)


class TestPauseAndResume:
    def test_stands_still_and_goes_on_with_what_is_left(self) -> None:
        result = move(clock(), (Pause(), 4), (Resume(), 20))

        assert told(result) == ["sla.clock_resumed"]
        assert result.clock.due_at == after(26)
        assert (result.clock.consumed_seconds, result.clock.revision) == (4 * 3600, 1)

    def test_has_no_due_time_while_it_stands_still(self) -> None:
        paused = move(clock(), (Pause(), 4)).clock

        assert (paused.state, paused.due_at, paused.next_due_at) == ("paused", None, None)
        assert move(paused, (Fire(), 1000)).announcements == ()

    def test_writes_down_each_stretch(self) -> None:
        result = move(clock(), (Pause(), 4), (Resume(), 20), (Stop(), 21))

        assert [(one.kind, one.to_at) for one in result.intervals] == [
            ("running", after(4)),
            ("paused", after(20)),
            ("running", after(21)),
        ]

    def test_counts_a_late_event_from_the_last_one_on(self) -> None:
        result = move(clock(), (Pause(), 4), (Resume(), 3))

        assert result.clamped
        assert result.clock.running_since == after(4)

    def test_goes_on_after_a_breach_without_a_new_one(self) -> None:
        result = move(clock(), (Fire(), 11), (Pause(), 12), (Resume(), 20), (Stop(), 21))

        assert told(result) == ["sla.breached", "sla.met"]
        assert result.clock.state == "breached"
        assert result.clock.consumed == 13 * HOUR


class TestFire:
    @pytest.mark.covers("ES-2")
    def test_breaches_once_with_the_time_it_was_due(self) -> None:
        result = move(clock(), (Fire(), 9.99), (Fire(), 10), (Fire(), 11))

        assert told(result) == ["sla.breached"]
        assert result.announcements[0].due_at == after(10)
        assert result.clock.is_live

    def test_tells_of_every_missed_step_but_notifies_of_the_highest(self) -> None:
        result = move(clock(target(steps=(50, 80, 100))), (Fire(), 30))

        assert [(one.percent, one.notify) for one in result.announcements] == [
            (50, False),
            (80, False),
            (100, True),
        ]
        assert told(result)[:2] == ["sla.warned", "sla.warned"]

    def test_ends_a_window_without_a_breach(self) -> None:
        result = move(clock(window=True), (Fire(), 12))

        assert told(result) == ["sla.window_ended"]
        assert (result.clock.state, result.clock.stopped_at) == ("ended", after(10))
        assert result.intervals[-1].to_at == after(10)

    def test_warns_in_a_window_before_its_end(self) -> None:
        result = move(clock(target(steps=(50, 100)), window=True), (Fire(), 6), (Stop(), 7))

        assert told(result) == ["sla.warned", "sla.met"]


class TestStop:
    def test_meets_a_promise_that_is_kept_in_time(self) -> None:
        result = move(clock(), (Stop(), 9))

        assert told(result) == ["sla.met"]
        assert (result.clock.state, result.clock.stopped_at) == ("met", after(9))
        assert not result.announcements[0].late

    def test_breaches_first_what_was_kept_too_late(self) -> None:
        result = move(clock(), (Stop(), 12))

        assert told(result) == ["sla.breached", "sla.met"]
        assert result.announcements[1].late

    def test_takes_back_a_breach_when_read_late(self) -> None:
        result = move(clock(), (Fire(), 11), (Stop(), 9))

        assert told(result) == ["sla.breached", "sla.breach_retracted", "sla.met"]
        assert (result.clock.state, result.clock.revision) == ("met", 1)
        assert result.clock.consumed == 9 * HOUR

    def test_lets_a_breach_stand_that_was_met_at_its_due_time(self) -> None:
        result = move(clock(), (Fire(), 11), (Stop(), 10))

        assert told(result) == ["sla.breached", "sla.met"]
        assert result.clock.state == "breached"

    def test_finds_a_window_over_that_ended_before(self) -> None:
        result = move(clock(window=True), (Stop(), 12))

        assert told(result) == ["sla.window_ended"]

    def test_finds_a_shortened_window_over_while_paused(self) -> None:
        shorter = Retarget(target(2))

        result = move(clock(window=True), (Pause(), 4), (shorter, 5), (Stop(), 6))

        assert told(result) == ["sla.target_changed", "sla.window_ended"]

    def test_is_the_end(self) -> None:
        met = move(clock(), (Stop(), 1)).clock

        assert move(met, (Pause(), 2), (Fire(), 20), (Cancel(), 21)) == Advance(clock=met)
        assert met.next_due_at is None


class TestPauseReadLate:
    def test_takes_back_the_breach_and_may_breach_anew(self) -> None:
        result = move(clock(), (Fire(), 11), (Pause(), 9), (Resume(), 20), (Fire(), 21))

        assert told(result) == [
            "sla.breached",
            "sla.breach_retracted",
            "sla.clock_resumed",
            "sla.breached",
        ]
        assert [one.revision for one in result.announcements if one.event == "sla.breached"] == [
            0,
            1,
        ]
        assert result.clock.due_at == after(21)


class TestCancel:
    def test_ends_a_promise_that_no_longer_applies(self) -> None:
        result = move(clock(), (Pause(), 1), (Cancel(), 2))

        assert told(result) == ["sla.clock_cancelled"]
        assert (result.clock.state, result.clock.is_live) == ("cancelled", False)

    def test_leaves_a_breach_a_breach(self) -> None:
        assert move(clock(), (Cancel(), 12)).clock.state == "breached"

    def test_takes_back_a_breach_when_read_late(self) -> None:
        result = move(clock(), (Fire(), 11), (Cancel(), 9))

        assert told(result) == ["sla.breached", "sla.breach_retracted", "sla.clock_cancelled"]


class TestRetarget:
    def test_keeps_what_was_used_and_moves_to_the_team(self) -> None:
        result = move(clock(), (Retarget(target(20), team="finance"), 4))

        assert told(result) == ["sla.target_changed"]
        assert result.clock.due_at == after(20)
        assert (result.clock.consumed, result.clock.team) == (4 * HOUR, "finance")
        assert result.intervals[0].team == "verification"

    def test_stays_paused(self) -> None:
        result = move(clock(), (Pause(), 4), (Retarget(target(20)), 5), (Resume(), 6))

        assert result.clock.due_at == after(22)

    def test_is_due_at_once_when_more_is_used_than_allowed(self) -> None:
        result = move(clock(), (Retarget(target(2)), 4), (Fire(), 4))

        assert told(result) == ["sla.target_changed", "sla.breached"]
        assert result.clock.due_at == after(4)

    def test_opens_a_broken_promise_again_when_time_is_given(self) -> None:
        result = move(clock(), (Fire(), 11), (Retarget(target(20)), 12), (Fire(), 20))

        assert told(result) == ["sla.breached", "sla.target_changed", "sla.breached"]
        assert result.clock.revision == 1

    def test_leaves_a_promise_broken_that_is_late_either_way(self) -> None:
        result = move(clock(), (Fire(), 11), (Retarget(target(11)), 12), (Fire(), 30))

        assert told(result) == ["sla.breached", "sla.target_changed"]

    def test_changes_nothing_when_nothing_changes(self) -> None:
        running = clock()

        assert move(running, (Retarget(target()), 4)) == Advance(clock=running)
