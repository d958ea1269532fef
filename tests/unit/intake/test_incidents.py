"""Which incident a new case belongs to, or may."""

from builders_contracts import an_id
from contracts.cases import IncidentMatch
from intake.domain.incidents import Marked, find_matches, parent_of
from playbook.questions import IncidentMarks

RULE = IncidentMarks.model_validate({"marks": ["interface", "http_status"], "within": "3d"})
MINE = {"interface": "prices", "http_status": "429"}


def incident(number: int, **marks: str) -> Marked:
    return Marked(case=an_id("case", number), marks=marks)


def found(*known: Marked) -> tuple[IncidentMatch, ...]:
    return find_matches(RULE, MINE, known)


class TestFindMatches:
    def test_takes_the_oldest_with_all_marks_and_names_no_other(self) -> None:
        matches = found(incident(1, interface="prices"), incident(2, **MINE), incident(3, **MINE))

        assert parent_of(matches) == an_id("case", 2)
        assert [(one.incident, one.same, one.other) for one in matches] == [
            (an_id("case", 2), RULE.marks, ())
        ]

    def test_names_all_that_share_some_for_a_person_to_decide(self) -> None:
        differs = incident(1, interface="prices", http_status="500")

        matches = found(differs, incident(2, interface="stock"), incident(3, http_status="429"))

        assert parent_of(matches) is None
        assert [(one.incident, one.same, one.other) for one in matches] == [
            (an_id("case", 1), ("interface",), ("http_status",)),
            (an_id("case", 3), ("http_status",), ("interface",)),
        ]

    def test_asks_about_five_at_most(self) -> None:
        known = [incident(number, interface="prices") for number in range(9)]

        assert len(found(*known)) == 5

    def test_finds_nothing_where_nothing_is_known(self) -> None:
        assert found() == found(incident(1)) == ()
        assert find_matches(RULE, {}, [incident(1)]) == ()
