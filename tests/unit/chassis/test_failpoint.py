"""Fail-points."""

from collections.abc import Iterator

import pytest

from chassis import failpoint


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoint.arm("", stack=False)


class TestArm:
    def test_refuses_outside_of_the_test_stack(self) -> None:
        with pytest.raises(failpoint.MayNotArm):
            failpoint.arm("after_commit:kill", stack=False)

    def test_takes_nothing_anywhere(self) -> None:
        failpoint.arm("", stack=False)

        failpoint.reach("after_commit")

    def test_knows_its_actions(self) -> None:
        with pytest.raises(ValueError, match="kill"):
            failpoint.arm("after_commit:explode", stack=True)


class TestReach:
    def test_raises_where_it_was_asked_to(self) -> None:
        failpoint.arm("before_commit:raise", stack=True)

        failpoint.reach("after_commit")
        with pytest.raises(failpoint.Reached):
            failpoint.reach("before_commit")

    def test_snaps_at_the_third_time_and_once(self) -> None:
        failpoint.arm("x:raise@3", stack=True)

        failpoint.reach("x")
        failpoint.reach("x")
        with pytest.raises(failpoint.Reached):
            failpoint.reach("x")
        failpoint.reach("x")
