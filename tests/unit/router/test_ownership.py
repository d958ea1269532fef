"""The oracle that reads ownership off a log sees what is wrong."""

from typing import Any

from builders_contracts import CASE, MARA, an_id, event
from builders_routing import rerouted
from contracts import routing
from contracts.event import Contract, Event
from house_crowd import Crowd
from ownership import find_faults, is_owned

CROWD = Crowd(people=2, queues=2, cases=4, capacity=1)
KNOWN = CROWD.known
SECOND = an_id("case", 2)


def a_log(*facts: tuple[str, Contract]) -> list[Event[Any]]:
    return [
        event(fact, subject=case, sequence=number, minute=number)
        for number, (case, fact) in enumerate(facts, start=1)
    ]


def faults(*facts: tuple[str, Contract]) -> list[str]:
    return find_faults(a_log(*facts), known=KNOWN, capacity=1)


def taken(member: str = MARA, number: int = 1) -> routing.CaseAssigned:
    return routing.CaseAssigned(
        assignment=an_id("asg", number), member=member, team="t0", queue="q0", lead=True
    )


def left(number: int = 1) -> routing.CaseUnassigned:
    return routing.CaseUnassigned(assignment=an_id("asg", number), member=MARA, reason="absence")


class TestFindFaults:
    def test_finds_none_where_a_case_passes_from_hand_to_hand(self) -> None:
        again = taken(an_id("mem", 9), 2)

        assert faults((CASE, taken()), (CASE, left()), (SECOND, taken()), (CASE, again)) == []

    def test_sees_two_with_one_case(self) -> None:
        [found] = faults((CASE, taken()), (CASE, taken(an_id("mem", 9), 2)))

        assert "while" in found

    def test_sees_one_with_too_much(self) -> None:
        [found] = faults((CASE, taken()), (SECOND, taken(number=2)))

        assert "more than 1" in found

    def test_counts_what_is_offered_and_what_was_moved(self) -> None:
        offered = routing.AssignmentOffered(
            assignment=an_id("asg", 3),
            member=MARA,
            team="t0",
            queue="q0",
            lapses_at=event(taken()).time,
            reason="balanced_load",
        )
        moved = rerouted("q1", previous="q0")

        assert len(faults((CASE, taken()), (SECOND, offered))) == 1
        assert faults((CASE, taken()), (CASE, moved), (SECOND, offered)) == []

    def test_sees_a_case_that_is_nobody_s(self) -> None:
        lost = KNOWN[CASE].model_copy(update={"route": None, "named_lead": None})

        [found] = find_faults(a_log((CASE, left())), known={CASE: lost}, capacity=1)

        assert "nobody's" in found
        assert not is_owned(lost)
