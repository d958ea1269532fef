"""When firing waits for an operator."""

from datetime import timedelta

import pytest

from builders_sla_monitor import at
from sla_monitor.domain.guard import AWAY, FEWEST, Load, Mode, Seen, Tick, may_fire, next_mode

HALF = timedelta(seconds=0.5)
HOUR = timedelta(hours=1)


def tick(
    *, elapsed: timedelta = HALF, here: timedelta = HALF, lag: timedelta = timedelta(0)
) -> Tick:
    return Tick(elapsed=elapsed, elapsed_here=here, lag=lag)


class TestNextMode:
    def test_takes_the_first_tick_of_all_for_a_catch_up(self) -> None:
        assert next_mode(Mode.STEADY, None, due=FEWEST) is Mode.CATCHING_UP

    def test_goes_on_catching_up_until_little_is_due(self) -> None:
        assert next_mode(Mode.CATCHING_UP, tick(), due=FEWEST) is Mode.CATCHING_UP
        assert next_mode(Mode.CATCHING_UP, tick(), due=FEWEST - 1) is Mode.STEADY

    def test_catches_up_after_the_log_was_out_of_reach(self) -> None:
        assert next_mode(Mode.STEADY, tick(lag=HOUR), due=FEWEST) is Mode.CATCHING_UP

    def test_catches_up_after_nobody_looked_by_either_clock(self) -> None:
        away = tick(elapsed=2 * AWAY, here=2 * AWAY)

        assert next_mode(Mode.STEADY, away, due=FEWEST) is Mode.CATCHING_UP

    def test_sees_that_the_databases_clock_jumped(self) -> None:
        jumped = tick(elapsed=HOUR, lag=HOUR)

        assert next_mode(Mode.STEADY, jumped, due=FEWEST) is Mode.CLOCK_JUMPED
        assert next_mode(Mode.CATCHING_UP, jumped, due=FEWEST) is Mode.CLOCK_JUMPED

    def test_is_not_talked_out_of_a_jump_by_the_lag_that_follows(self) -> None:
        assert next_mode(Mode.CLOCK_JUMPED, tick(lag=HOUR), due=FEWEST) is Mode.CLOCK_JUMPED

    def test_forgets_a_jump_once_little_is_due(self) -> None:
        assert next_mode(Mode.CLOCK_JUMPED, tick(), due=0) is Mode.STEADY

    def test_does_not_mind_a_clock_that_was_put_back(self) -> None:
        assert next_mode(Mode.STEADY, tick(elapsed=-HOUR), due=0) is Mode.STEADY


class TestSeen:
    def test_tells_a_jump_to_the_replica_that_takes_over(self) -> None:
        """It used to take whatever it met first for a catch-up, and fired all of it."""
        seen = Seen(at=at(0), host=1000.0, mode=Mode.STEADY)

        after = seen.next_tick(at(7200), 1002.0, lag=HOUR)

        assert (after.elapsed, after.elapsed_here) == (2 * HOUR, timedelta(seconds=2))
        assert next_mode(seen.mode, after, due=FEWEST) is Mode.CLOCK_JUMPED

    def test_lets_the_replica_that_takes_over_go_on_catching_up(self) -> None:
        seen = Seen(at=at(0), host=1000.0, mode=Mode.CATCHING_UP)

        after = seen.next_tick(at(2), 1002.0, lag=timedelta(0))

        assert next_mode(seen.mode, after, due=FEWEST) is Mode.CATCHING_UP

    def test_takes_a_host_of_another_day_for_a_jump_at_worst(self) -> None:
        seen = Seen(at=at(0), host=1000.0 + 86_400, mode=Mode.STEADY)

        after = seen.next_tick(at(2), 1002.0, lag=timedelta(0))

        assert next_mode(seen.mode, after, due=FEWEST) is Mode.CLOCK_JUMPED


class TestMayFire:
    @pytest.mark.parametrize("mode", [Mode.STEADY, Mode.CLOCK_JUMPED])
    def test_holds_when_more_than_a_fifth_is_due_at_once(self, mode: Mode) -> None:
        assert not may_fire(mode, Load(due=1001, armed=5000))
        assert may_fire(mode, Load(due=1000, armed=5000))

    def test_lets_a_small_stack_fire_all_it_has(self) -> None:
        assert may_fire(Mode.STEADY, Load(due=FEWEST - 1, armed=FEWEST - 1))

    def test_lets_a_known_catch_up_pass(self) -> None:
        assert may_fire(Mode.CATCHING_UP, Load(due=5000, armed=5000))
