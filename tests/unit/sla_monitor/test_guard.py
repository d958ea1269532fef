"""When firing waits for an operator."""

from datetime import timedelta

import pytest

from sla_monitor.domain.guard import FEWEST, Load, Mode, Tick, may_fire, next_mode

HALF = timedelta(seconds=0.5)
HOUR = timedelta(hours=1)


def tick(
    *, elapsed: timedelta = HALF, here: timedelta = HALF, lag: timedelta = timedelta(0)
) -> Tick:
    return Tick(elapsed=elapsed, elapsed_here=here, lag=lag)


class TestNextMode:
    def test_takes_the_first_tick_of_a_process_for_a_catch_up(self) -> None:
        assert next_mode(Mode.STEADY, None, due=FEWEST) is Mode.CATCHING_UP

    def test_goes_on_catching_up_until_little_is_due(self) -> None:
        assert next_mode(Mode.CATCHING_UP, tick(), due=FEWEST) is Mode.CATCHING_UP
        assert next_mode(Mode.CATCHING_UP, tick(), due=FEWEST - 1) is Mode.STEADY

    def test_catches_up_after_the_log_was_out_of_reach(self) -> None:
        assert next_mode(Mode.STEADY, tick(lag=HOUR), due=FEWEST) is Mode.CATCHING_UP

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


class TestMayFire:
    @pytest.mark.parametrize("mode", [Mode.STEADY, Mode.CLOCK_JUMPED])
    def test_holds_when_more_than_a_fifth_is_due_at_once(self, mode: Mode) -> None:
        assert not may_fire(mode, Load(due=1001, armed=5000))
        assert may_fire(mode, Load(due=1000, armed=5000))

    def test_lets_a_small_stack_fire_all_it_has(self) -> None:
        assert may_fire(Mode.STEADY, Load(due=FEWEST - 1, armed=FEWEST - 1))

    def test_lets_a_known_catch_up_pass(self) -> None:
        assert may_fire(Mode.CATCHING_UP, Load(due=5000, armed=5000))
