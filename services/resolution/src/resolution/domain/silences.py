"""Whether letters of a case may speak yet: not before it is proven who reads them."""

from collections.abc import Iterable

from contracts.lifecycle import CaseState
from playbook.disclosing import StepUp
from playbook.model import Playbook
from playbook.step_up import find_step_up
from resolution.domain.checklist import Point
from resolution.domain.filed import as_filed


def awaited_proof(playbook: Playbook, state: CaseState, points: Iterable[Point]) -> StepUp | None:
    """Say what the letters of a case wait for; None if they may speak."""
    done = {point.item for point in points if point.state == "done"}
    return find_step_up(playbook, state.issue_type, as_filed(state), done)


def must_be_done(playbook: Playbook, state: CaseState, item: str) -> bool:
    """Say whether a point may not be waived, since without it no letter could ever speak."""
    proof = find_step_up(playbook, state.issue_type, as_filed(state), ())
    return proof is not None and proof.point == item
