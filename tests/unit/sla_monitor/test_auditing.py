"""What must not stay silent about firing."""

from datetime import timedelta

import pytest

from sla_monitor.domain.auditing import PATIENCE, Alarm, Sight, find_alarms

NOTHING = timedelta(0)
LONG = PATIENCE + timedelta(seconds=1)


def sight(
    *, behind: timedelta = NOTHING, late: timedelta = NOTHING, failing: int = 0, held: bool = False
) -> Sight:
    return Sight(behind=behind, late=late, failing=failing, held=held)


class TestFindAlarms:
    @pytest.mark.parametrize(
        ("seen", "alarms"),
        [
            (sight(), set()),
            (sight(behind=PATIENCE, late=PATIENCE), set()),
            (sight(behind=LONG), {Alarm.NOT_CAUGHT_UP}),
            (sight(late=LONG), {Alarm.LATE}),
            (sight(held=True), {Alarm.HELD}),
            (sight(failing=1), {Alarm.FAILING}),
            (sight(behind=LONG, failing=2), {Alarm.NOT_CAUGHT_UP, Alarm.FAILING}),
        ],
    )
    def test_names_what_somebody_has_to_look_at(self, seen: Sight, alarms: set[Alarm]) -> None:
        assert find_alarms(seen) == alarms

    def test_says_once_that_what_is_held_is_late(self) -> None:
        assert find_alarms(sight(late=LONG, held=True)) == {Alarm.HELD}
