"""Every scenario in which a case is filed: what its events say, held against the scenario."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scenario_filings import Scenario, example, scenarios
from scenario_lives import Lives
from scenario_stage import Lived

NUMBERS = tuple(scenarios())
ALWAYS = "always"
A_BLINK = timedelta(seconds=2)


@pytest.fixture(params=NUMBERS)
def number(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scenario(number: str) -> Scenario:
    return scenarios()[number]


@pytest.fixture
def lived(number: str, lives: Lives) -> Lived:
    return lives.of(number)


class TestTheTable:
    def test_has_every_scenario_in_which_a_case_is_filed(self) -> None:
        without_a_case = {6, 7, 11, 13, 16, 17, 20, 23, 26, 28}  # numbers that nothing has
        filed = set(range(1, 30)) - without_a_case

        assert {int(number.removeprefix("E")) for number in NUMBERS} == filed


class TestEachScenario:
    @pytest.mark.covers("IN-1", "IN-3", "RT-4")
    def test_is_classified_as_it_says(self, scenario: Scenario, lived: Lived) -> None:
        said = lived.one("case.classified")

        assert said["issue_type"] == example(scenario.golden).case.issue_type
        assert said.get("root_cause_hint") == scenario.sub_type
        assert said["signals"] == scenario.signals
        assert (said["severity"], said["authority_level"]) == (
            scenario.severity,
            scenario.authority,
        )

    @pytest.mark.covers("RT-1", "RT-3", "RT-6", "RT-11", "IN-10")
    def test_is_routed_as_it_says_whatever_its_channel(
        self, scenario: Scenario, lived: Lived
    ) -> None:
        said = lived.one("case.routed")

        assert (said["queue"], said["team"]) == (scenario.queue, scenario.team)
        assert said["lead"]["team"] == scenario.team
        assert lived.one("case.opened")["channel"] == scenario.channel
        assert not any("channel" in name for name in said["inputs"])

    @pytest.mark.covers("IN-7", "IN-15", "SC-8")
    def test_is_asked_for_exactly_what_is_missing(self, scenario: Scenario, lived: Lived) -> None:
        asked = [
            sorted(one["kind"] for one in request["items"])
            for request in lived.all("evidence.requested")
        ]

        wanted = sorted((*scenario.asked, *scenario.by_hand))
        assert asked == ([wanted] if wanted else [])

    @pytest.mark.covers("SC-8")
    def test_has_the_checklist_it_says(self, scenario: Scenario, lived: Lived) -> None:
        points = {one["item"]: one["state"] for one in lived.learnt["view"]["checklist"]}

        assert points == (example(scenario.golden).expect.checklist or {})

    @pytest.mark.covers("SC-4", "RG-6")
    def test_is_answered_first_with_the_letter_it_says(
        self, scenario: Scenario, lived: Lived
    ) -> None:
        first = lived.all("seller.message_sent")[0]

        template, _, language = scenario.letter.partition("/")
        assert first["template"].partition("@")[0] == template
        assert first["language"] == language
        assert first["qualifying"] is scenario.qualifying
        # A letter that brings the answer promises none; every other says when the next comes.
        assert ("update_by" in first) is not bool(scenario.says)
        assert lived.learnt["letter"]["body"]

    @pytest.mark.covers("ES-1")
    def test_runs_against_the_clocks_it_says(self, scenario: Scenario, lived: Lived) -> None:
        for kind, wanted in scenario.clocks.items():
            if wanted.startswith("until "):
                assert abs(due_of(lived, kind) - date_of(lived, wanted)) < A_BLINK, kind
            else:
                assert length_of(lived, kind) == wanted, kind

    @pytest.mark.covers("ES-3", "ES-4", "ES-11")
    def test_calls_somebody_at_once_where_it_says_so(
        self, scenario: Scenario, lived: Lived
    ) -> None:
        raised = lived.all("escalation.raised")

        called = [f"{one['trigger']} {one['target_role']}" for one in raised]
        assert called == list(scenario.called)
        assert all(one["target_member"] and one["reason"] for one in raised)


def started(lived: Lived, kind: str) -> dict[str, Any]:
    return next(one for one in lived.all("sla.clock_started") if one["kind"] == kind)


def length_of(lived: Lived, kind: str) -> str:
    """
    Say how long a clock may run in the end, and on which calendar: `4h support-uk`.

    The event of a changed target says the length only; the calendar is read from the clocks.
    """
    clock = started(lived, kind)
    read = next(one for one in lived.learnt["clocks"]["items"] if one["clock"] == clock["clock"])
    changed = [
        one["target_seconds"]
        for one in lived.all("sla.target_changed")
        if one["clock"] == clock["clock"]
    ]
    seconds = [clock["target_seconds"], *changed][-1]
    return f"{seconds / 3600:g}h {read['calendar'].partition('@')[0]}"


def due_of(lived: Lived, kind: str) -> datetime:
    clock = started(lived, kind)
    assert clock["calendar"].partition("@")[0] == ALWAYS
    return datetime.fromisoformat(clock["due_at"])


def date_of(lived: Lived, wanted: str) -> datetime:
    """Say when something ends that others set, from the facts of the filing."""
    facts = lived.one("case.opened")["facts"]
    if wanted == "until law":  # the day from which the account would be suspended
        return midnight(facts["suspend_on"], "America/New_York")
    bank = midnight(facts["answer_by"], "Europe/London") + timedelta(days=1)
    if wanted == "until bank":
        return bank
    opened = lived.said[0].at
    return opened + 0.6 * (bank - opened)


def midnight(day: str, zone: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), tzinfo=ZoneInfo(zone))
