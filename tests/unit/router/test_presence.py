"""Who is there at a moment, and what cannot wait for their return."""

from datetime import UTC, datetime, timedelta

import pytest

from router.domain.presence import Delegation, HeldCase, Presence, choose_what_cannot_wait

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class TestPresence:
    @pytest.mark.parametrize(
        ("said", "until", "is_now"),
        [
            ("available", None, "available"),
            ("available", NOON + HOUR, "available"),
            ("available", NOON, "offline"),  # the shift is over at its end
            ("offline", NOON - HOUR, "offline"),  # nobody comes back by themselves
            ("away", NOON - HOUR, "away"),
        ],
    )
    def test_ends_with_the_shift_and_never_begins_by_itself(
        self, said: str, until: datetime | None, is_now: str
    ) -> None:
        assert Presence(member="mem_1", presence=said, until=until).at(NOON) == is_now

    @pytest.mark.parametrize(
        ("at", "delegate"),
        [(NOON - HOUR, None), (NOON, "mem_2"), (NOON + HOUR, None)],
    )
    def test_names_the_stand_in_between_the_dates(self, at: datetime, delegate: str | None) -> None:
        stands_in = Delegation(to="mem_2", starts_at=NOON, ends_at=NOON + HOUR)

        assert Presence(member="mem_1", delegation=stands_in).delegate_at(at) == delegate

    def test_names_nobody_where_nobody_was_named(self) -> None:
        assert Presence(member="mem_1").delegate_at(NOON) is None


def held(name: str, *, hours: int, waiting_on: str = "platform") -> HeldCase:
    return HeldCase(case_id=name, due_at=NOON + hours * HOUR, waiting_on=waiting_on)


class TestChooseWhatCannotWait:
    def test_is_what_is_due_before_the_return(self) -> None:
        cases = [held("late", hours=9), held("soon", hours=1), held("sooner", hours=0)]

        assert choose_what_cannot_wait(cases, back_at=NOON + 9 * HOUR) == ("sooner", "soon")

    def test_is_all_there_is_to_do_when_nobody_knows_of_a_return(self) -> None:
        assert choose_what_cannot_wait([held("late", hours=9)], back_at=None) == ("late",)

    @pytest.mark.parametrize("waiting_on", ["seller", "partner", "third_party"])
    def test_is_nothing_that_waits_for_others(self, waiting_on: str) -> None:
        assert (
            choose_what_cannot_wait([held("a", hours=0, waiting_on=waiting_on)], back_at=None) == ()
        )
