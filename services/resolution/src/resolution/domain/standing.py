"""Where a case stands, as the playbook wants to see it."""

from collections.abc import Iterable
from datetime import date

from contracts.lifecycle import CaseState
from playbook.case import Situation
from playbook.checklist import needless
from playbook.model import Playbook
from resolution.domain.checklist import Point
from resolution.domain.evidence import kinds_to_judge, missing_kinds, requested_kinds
from resolution.domain.filed import as_filed
from resolution.domain.invalidation import Owed
from resolution.domain.letters import has_first_response
from resolution.domain.silences import awaited_proof
from resolution.domain.untouched import way_without_person

NOTHING_OWED = Owed()


def situation(
    playbook: Playbook,
    state: CaseState,
    points: Iterable[Point],
    at: date,
    *,
    letters: Owed = NOTHING_OWED,
) -> Situation:
    """Sum a case up: the fold, our checklist, the day, and the letters that were withdrawn."""
    points = tuple(points)
    proof = awaited_proof(playbook, state, points)
    return Situation(
        issue_type=state.issue_type,
        status=state.status,
        waiting_on=state.waiting_on,
        assigned=state.assignee is not None,
        at=at,
        checklist={point.item: point.state for point in points},
        needless=needless(playbook, state.issue_type, as_filed(state)),
        missing=missing_kinds(playbook, state, at),
        requested=requested_kinds(state),
        to_judge=kinds_to_judge(state),
        withdrawn_letters=letters.undecided,
        to_write_again=letters.unwritten,
        letters_wait_for=proof.point if proof else None,
        open_handoffs=tuple(one.team for one in state.blocking_handoffs.values()),
        completed_handoffs=_completed(state),
        routing_frozen=state.is_frozen,
        authority_level=authority_level(playbook, state),
        untouched=_mends_it_alone(playbook, state),
    )


def _mends_it_alone(playbook: Playbook, state: CaseState) -> bool:
    """Say whether the seller was told what to mend, and nobody else has anything to do."""
    return way_without_person(playbook, state) is not None and has_first_response(state)


def _completed(state: CaseState) -> tuple[str, ...]:
    return tuple(one.team for one in state.handoffs.values() if one.state == "completed")


def authority_level(playbook: Playbook, state: CaseState) -> int:
    """Say what a decision needs: as classified, else as the issue type says, else the most."""
    if state.classification is not None:
        return state.classification.authority_level
    known = playbook.issue_type(state.issue_type)
    return known.authority_level if known else MOST_AUTHORITY


MOST_AUTHORITY = 4
