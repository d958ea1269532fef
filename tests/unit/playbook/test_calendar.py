from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError

from playbook.calendar import TZDATA, Calendar, add_business, business_elapsed, open_intervals, zone

EXACT = settings(derandomize=True, deadline=None, max_examples=100)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
SHIFTS = ["09:00-17:00"]


def calendar(zone: str, week: dict[str, list[str]], **more: object) -> Calendar:
    return Calendar.model_validate({"id": "c", "version": 1, "zone": zone, "week": week, **more})


def workdays(zone: str, *windows: str, **more: object) -> Calendar:
    return calendar(zone, {day: list(windows) for day in WEEKDAYS}, **more)


def every_day(zone: str, window: str = "00:00-24:00") -> Calendar:
    return calendar(zone, {day: [window] for day in (*WEEKDAYS, "sat", "sun")})


BERLIN = workdays("Europe/Berlin", "09:00-17:00")
BERLIN_NIGHT = calendar("Europe/Berlin", {"sun": ["00:00-06:00"]})
CHRISTMAS = workdays("Europe/Berlin", "09:00-17:00", holidays=[date(2026, 12, 25)])
KOLKATA = calendar("Asia/Kolkata", {day: ["10:00-19:00"] for day in (*WEEKDAYS, "sat")})
LORD_HOWE = calendar("Australia/Lord_Howe", {"sun": ["00:00-06:00"]})
NEW_YORK = workdays("America/New_York", "09:00-17:00")
SPLIT = workdays("America/New_York", "09:00-12:00", "13:00-18:00")

GOLDENS = [
    pytest.param(BERLIN, "2026-03-27T16:00", 4, "2026-03-30T10:00", id="1-spring"),
    pytest.param(BERLIN, "2026-10-23T16:00", 4, "2026-10-26T11:00", id="2-autumn"),
    pytest.param(BERLIN_NIGHT, "2026-03-29T00:00", 6, "2026-04-04T23:00", id="3-short-night"),
    pytest.param(BERLIN_NIGHT, "2026-10-25T00:00", 6, "2026-10-25T04:00", id="4-long-night"),
    pytest.param(
        every_day("Europe/Berlin"), "2026-10-25T00:30", 4, "2026-10-25T02:30", id="5-always"
    ),
    pytest.param(CHRISTMAS, "2026-12-24T16:30", 1, "2026-12-28T08:30", id="6-holiday"),
    pytest.param(BERLIN, "2026-11-21T12:00", 2, "2026-11-23T10:00", id="7-weekend"),
    pytest.param(KOLKATA, "2026-11-21T18:30", 1.5, "2026-11-23T05:30", id="8-saturday"),
    pytest.param(LORD_HOWE, "2026-10-04T00:00", 6, "2026-10-10T13:30", id="9-half-hour"),
    pytest.param(SPLIT, "2026-11-20T11:00", 3, "2026-11-20T20:00", id="10-lunch"),
    pytest.param(NEW_YORK, "2026-10-30T16:00", 2, "2026-11-02T15:00", id="11-american-autumn"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestAddBusiness:
    @pytest.mark.fault(52)
    @pytest.mark.parametrize(("hours", "start", "length", "due"), GOLDENS)
    def test_agrees_with_the_goldens(
        self, hours: Calendar, start: str, length: float, due: str
    ) -> None:
        begin = datetime.fromisoformat(start).replace(tzinfo=zone(hours.zone))
        duration = timedelta(hours=length)

        found = add_business(hours, begin, duration)

        assert found == utc(due)
        assert business_elapsed(hours, begin, found) == duration

    def test_ends_with_the_window_that_holds_it_to_the_minute(self) -> None:
        due = add_business(BERLIN, utc("2026-11-20T15:00"), timedelta(hours=1))

        assert due == utc("2026-11-20T16:00")

    def test_is_over_at_once_when_nothing_is_left(self) -> None:
        at = utc("2026-11-22T12:00")

        assert add_business(BERLIN, at, timedelta(0)) == at

    def test_lets_an_exception_win_over_a_holiday(self) -> None:
        christmas = workdays(
            "Europe/Berlin",
            "09:00-17:00",
            holidays=["2026-12-25"],
            exceptions={"2026-12-25": ["10:00-12:00"]},
        )

        due = add_business(christmas, utc("2026-12-25T00:00"), timedelta(hours=1))

        assert due == utc("2026-12-25T10:00")

    def test_moves_a_skipped_wall_time_forward(self) -> None:
        night = calendar("Europe/Berlin", {"sun": ["02:30-04:00"]})

        opens, closes = next(
            (opens, closes)
            for opens, closes in open_intervals(night, utc("2026-03-29T00:00"))
            if closes > utc("2026-03-29T00:00")
        )

        assert (opens, closes) == (utc("2026-03-29T01:30"), utc("2026-03-29T02:00"))

    def test_skips_a_window_that_a_clock_change_swallows(self) -> None:
        night = calendar("Europe/Berlin", {"sun": ["02:00-03:00"]})

        due = add_business(night, utc("2026-03-28T12:00"), timedelta(minutes=30))

        assert due == utc("2026-04-05T00:30")

    def test_closes_at_the_second_of_two_equal_wall_times(self) -> None:
        night = calendar("Europe/Berlin", {"sun": ["01:00-02:30"]})

        elapsed = business_elapsed(night, utc("2026-10-24T12:00"), utc("2026-10-25T12:00"))

        assert elapsed == timedelta(hours=2.5)

    def test_counts_an_hour_that_comes_twice_once_for_two_neighbours(self) -> None:
        night = calendar("Europe/Berlin", {"sun": ["01:00-02:30", "02:30-04:00"]})

        elapsed = business_elapsed(night, utc("2026-10-24T12:00"), utc("2026-10-25T12:00"))

        assert elapsed == timedelta(hours=4)


CALENDARS = st.sampled_from(
    [BERLIN, BERLIN_NIGHT, CHRISTMAS, KOLKATA, LORD_HOWE, SPLIT, every_day("Europe/Berlin")]
)
INSTANTS = st.datetimes(
    min_value=datetime.fromisoformat("2026-01-01"),
    max_value=datetime.fromisoformat("2028-03-05"),
    timezones=st.just(UTC),
)
DURATIONS = st.integers(min_value=0, max_value=5 * 86400).map(lambda n: timedelta(seconds=n))


@pytest.mark.fault(52)
class TestBusinessTime:
    @EXACT
    @given(CALENDARS, INSTANTS, DURATIONS)
    def test_elapses_what_was_added(
        self, hours: Calendar, start: datetime, duration: timedelta
    ) -> None:
        assert business_elapsed(hours, start, add_business(hours, start, duration)) == duration

    @EXACT
    @given(CALENDARS, INSTANTS, DURATIONS, DURATIONS, DURATIONS)
    def test_is_monotone_in_start_and_duration(
        self,
        hours: Calendar,
        start: datetime,
        later: timedelta,
        duration: timedelta,
        longer: timedelta,
    ) -> None:
        due = add_business(hours, start, duration)

        assert add_business(hours, start + later, duration) >= due
        assert add_business(hours, start, duration + longer) >= due

    @EXACT
    @given(CALENDARS, INSTANTS, DURATIONS, DURATIONS)
    def test_adds_up_over_any_split(
        self, hours: Calendar, start: datetime, first: timedelta, second: timedelta
    ) -> None:
        middle, end = start + first, start + first + second

        parts = business_elapsed(hours, start, middle) + business_elapsed(hours, middle, end)

        assert parts == business_elapsed(hours, start, end)

    @EXACT
    @given(CALENDARS, INSTANTS, DURATIONS, st.integers(min_value=1, max_value=100))
    def test_puts_every_warning_inside_a_window(
        self, hours: Calendar, start: datetime, target: timedelta, percent: int
    ) -> None:
        """What is due before the deadline is due while somebody is there (GLPI #22678)."""
        share = target * percent / 100
        moment = timedelta(seconds=1)

        due = add_business(hours, start, share)

        assert share < moment or business_elapsed(hours, due - moment, due) == moment

    def test_counts_nothing_backwards(self) -> None:
        assert business_elapsed(
            BERLIN, utc("2026-11-20T15:00"), utc("2026-11-20T10:00")
        ) == timedelta(0)


class TestCalendar:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"zone": "Europe/Atlantis"},
            {"zone": "../London"},
            {"zone": ""},
            {"week": {"mon": []}},
            {"week": {"mon": ["17:00-09:00"]}},
            {"week": {"mon": ["nine-five"]}},
            {"week": {"mon": ["09:00-24:01"]}},
            {"week": {"mon": ["09:60-17:00"]}},
            {"week": {"mon": [900]}},
            {"week": {"mon": ["09:00-12:00", "11:00-13:00"]}},
            {"exceptions": {"2026-12-24": ["09:00-12:00", "11:00-13:00"]}},
            {"weeks": {}},
        ],
    )
    def test_refuses_what_is_no_calendar(self, wrong: dict[str, object]) -> None:
        good: dict[str, object] = {
            "id": "c",
            "version": 1,
            "zone": "Europe/London",
            "week": {"mon": SHIFTS},
        }

        with pytest.raises(ValidationError):
            Calendar.model_validate({**good, **wrong})

    def test_writes_its_windows_as_they_were_read(self) -> None:
        assert BERLIN.model_dump(mode="json")["week"]["mon"] == SHIFTS

    def test_is_pinned_with_the_zone_rules(self) -> None:
        assert BERLIN.pin == "c@1"
        assert TZDATA
