"""What an incident and a new case have in common."""

import pytest

from playbook.incidents import incident_rule, is_incident, likeness, marks_of
from playbook.model import Playbook
from playbook.questions import IncidentMarks
from small_playbook import Spoil

RULE = IncidentMarks.model_validate(
    {"marks": ["interface", "http_status", "release"], "within": "3d", "counted_by": "hit"}
)
WHOLE = {"interface": "prices", "http_status": "429", "release": "R-47"}


class TestIncidentRule:
    def test_is_none_of_a_type_that_nobody_knows(self, playbook: Playbook) -> None:
        assert incident_rule(playbook, "of_tomorrow") is None
        assert incident_rule(playbook, None) is None


class TestMarksOf:
    def test_takes_what_is_known_as_text(self) -> None:
        facts = {"http_status": 429, "interface": "prices", "request_id": "RQ-1"}

        assert marks_of(RULE, facts) == {"interface": "prices", "http_status": "429"}


class TestIsIncident:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [({"hit": 2}, True), ({"hit": 1}, False), ({}, False), ({"hit": "many"}, False)],
    )
    def test_goes_by_how_many_are_hit(self, facts: dict[str, object], expected: bool) -> None:  # noqa: FBT001 - a column of the table
        assert is_incident(RULE, facts) is expected

    def test_is_never_said_by_facts_where_nothing_counts(self) -> None:
        rule = IncidentMarks.model_validate({"marks": ["interface"], "within": "3d"})

        assert not is_incident(rule, {"hit": 2000})


class TestLikeness:
    def test_is_exact_when_every_mark_is_equal(self) -> None:
        alike = likeness(RULE, WHOLE, WHOLE | {"more": "x"})

        assert (alike.same, alike.is_exact) == (RULE.marks, True)

    @pytest.mark.parametrize("theirs", [WHOLE | {"release": "R-48"}, {"interface": "prices"}])
    def test_names_what_differs_or_is_not_known(self, theirs: dict[str, str]) -> None:
        alike = likeness(RULE, WHOLE, theirs)

        assert "interface" in alike.same
        assert "release" in alike.other
        assert not alike.is_exact

    def test_has_nothing_in_common_where_both_know_nothing(self) -> None:
        assert likeness(RULE, {}, {}).same == ()


class TestLint:
    @pytest.mark.parametrize(
        ("rule", "line"),
        [
            ("{marks: [nothing_asked], within: 3d}", "fact of the type"),
            ("{marks: [notice, notice], within: 3d}", "each mark once"),
            ("{marks: [story], within: 3d}", "not sealed"),
            ("{marks: [listing_ref], within: 3d}", "several cases can share"),
            ("{marks: [notice], within: 3d, counted_by: notice}", "number of the type"),
            ("{marks: [], within: 3d}", "at least 1"),
            ("{marks: [notice], within: 3d, at_least: 1}", "greater than or equal to 2"),
        ],
    )
    def test_holds_marks_to_the_facts_of_their_type(
        self, spoil: Spoil, rule: str, line: str
    ) -> None:
        causes = "    root_causes: [data_defect, policy_breach, marketplace_mistake]\n"

        problems = spoil("taxonomy.yaml", causes, f"{causes}    incident: {rule}\n")

        assert any("taxonomy.yaml:32:" in one and line in one for one in problems), problems
