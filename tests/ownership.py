"""Who had what, read off the log: no case without an owner, nobody above their capacity. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts import routing
from contracts.event import Event
from contracts.lifecycle import CaseState, fold


@dataclass(slots=True)
class _Hands:
    """Who holds which case, who is asked to take it, and how much each has."""

    holder: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    load: Counter[str] = field(default_factory=Counter)

    def put(self, case: str, member: str, *, into: dict[str, str]) -> None:
        self.drop(case, out_of=into)
        into[case] = member
        self.load[member] += 1

    def drop(self, case: str, *, out_of: dict[str, str]) -> None:
        member = out_of.pop(case, None)
        if member is not None:
            self.load[member] -= 1


def find_faults(
    log: Iterable[Event[Any]], *, known: Mapping[str, CaseState], capacity: int
) -> list[str]:
    """
    Read a log event by event, and name each instant at which something is wrong.

    `known`: the cases as they were before it. After every event a case has a lead, and a person
    or a queue whose team has the work; it is in one pair of hands at most; and nobody has more
    cases and offers than `capacity`.
    """
    states, hands = dict(known), _Hands()
    return [fault for one in log for fault in _faults_of(one, states, hands, capacity)]


def _faults_of(
    one: Event[Any], states: dict[str, CaseState], hands: _Hands, capacity: int
) -> Iterator[str]:
    case = one.subject
    if isinstance(one.fact, routing.CaseAssigned) and case in hands.holder:
        yield f"{case}: given to {one.fact.member} while {hands.holder[case]} has it"
    states[case] = fold(states.get(case), one).state
    if not is_owned(states[case]):
        yield f"{case}: nobody's after {one.fact.type}"
    member = _pass_on(one, hands)
    if member is not None and hands.load[member] > capacity:
        yield f"{case}: {member} has more than {capacity}"


def is_owned(state: CaseState) -> bool:
    """Say whether somebody answers for the case, and somebody has its work."""
    works = state.assignee is not None or state.route is not None or state.triage_lead is not None
    return state.has_ended or (state.lead is not None and works)


def _pass_on(one: Event[Any], hands: _Hands) -> str | None:
    """Move a case between hands; return who has more to do than before."""
    match one.fact:
        case routing.AssignmentOffered(member=member):
            hands.put(one.subject, member, into=hands.asked)
            return str(member)
        case routing.CaseAssigned(member=member):
            hands.drop(one.subject, out_of=hands.asked)
            hands.put(one.subject, member, into=hands.holder)
            return str(member)
        case routing.AssignmentDeclined() | routing.AssignmentLapsed():
            hands.drop(one.subject, out_of=hands.asked)
        case routing.CaseUnassigned() | routing.CaseRerouted():
            hands.drop(one.subject, out_of=hands.holder)
        case _:
            return None
    return None
