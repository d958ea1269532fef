from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings, strategies as st

from playbook.calendar import add_business
from playbook.examples import ExampleCase, ExampleOnFile
from playbook.judgement import due, judge
from playbook.model import Playbook
from playbook.simulate import simulate
from playbook.timetable import Timetable

START = datetime(2026, 12, 20, tzinfo=UTC)
INSTANTS = st.datetimes(
    datetime(2026, 12, 20),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2027, 6, 30),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "hold_code": st.sampled_from(["verification_expired", "bank_return", "nonsense"]),
        "amount": st.builds(
            lambda minor: {"amount_minor": minor, "currency": "GBP"}, st.integers(0, 2_000_000)
        ),
    },
)
CASES = st.builds(
    ExampleCase,
    marketplace=st.sampled_from(["harbour", "harbour-demo"]),
    issue_type=st.sampled_from(["payout_hold", "chargeback", "unheard_of", None]),
    tier=st.sampled_from(["smb", "strategic"]),
    region=st.sampled_from(["UK", "DE", "elsewhere"]),
    language=st.just("en"),
    opened_at=INSTANTS,
    acting_authority=st.sampled_from(["verified", "unverified"]),
    description=st.sampled_from(["", "My payout was paused.", "It caught fire, see you in court!"]),
    facts=FACTS,
    on_file=st.lists(
        st.builds(
            ExampleOnFile,
            kind=st.sampled_from(["identity_document", "business_registration"]),
            valid_until=st.dates(),
        ),
        max_size=2,
    ).map(tuple),
)


class TestSimulate:
    @settings(max_examples=60)
    @given(cases=st.lists(CASES, max_size=8))
    def test_counts_what_judging_each_case_says(
        self, playbook: Playbook, cases: list[ExampleCase]
    ) -> None:
        load = simulate(playbook, cases)

        found = [judge(playbook, one) for one in cases]
        waits = [
            due(playbook, one, ("resolution",), filed.opened_at)["resolution"] - filed.opened_at
            for filed, one in zip(cases, found, strict=True)
        ]
        assert load.cases == len(cases)
        assert load.queues == Counter(one.queue for one in found)
        assert load.types == Counter(one.seen.issue_type or "unknown" for one in found)
        assert load.severities == Counter(one.seen.severity for one in found)
        assert load.triage == Counter(
            one.seen.needs_person for one in found if one.seen.needs_person
        )
        assert load.promised == sum(waits, timedelta())


class TestTimetable:
    @settings(max_examples=150)
    @given(
        at=INSTANTS,
        minutes=st.integers(0, 60 * 400),
        name=st.sampled_from(["always", "support-de"]),
    )
    def test_agrees_with_counting_hour_by_hour(
        self, playbook: Playbook, at: datetime, minutes: int, name: str
    ) -> None:
        calendar, duration = playbook.calendar(name), timedelta(minutes=minutes)

        found = Timetable(calendar, START).add(at, duration)

        assert found == add_business(calendar, at, duration)

    def test_ends_with_the_hours_of_a_day(self, playbook: Playbook) -> None:
        office = playbook.calendar("support-de")
        friday = datetime(2027, 1, 8, 15, 0, tzinfo=UTC)

        table = Timetable(office, START)

        assert table.add(friday, timedelta(hours=1)) == friday + timedelta(hours=1)
        assert table.add(friday, timedelta(hours=2)) == datetime(2027, 1, 11, 9, 0, tzinfo=UTC)
