"""May letters of this case speak yet? Before the proof they say nothing, whoever writes them."""

from chassis.door import Tx
from chassis.problems import FieldError
from contracts.lifecycle import CaseState
from playbook.disclosing import StepUp
from playbook.model import Playbook
from resolution.domain.silences import awaited_proof
from resolution.store import checklist_items


class StepUpNeeded(Exception):
    """It is not proven who reads the letters of this case. `public` says what comes first."""

    def __init__(self, state: CaseState, proof: StepUp) -> None:
        super().__init__(proof.rule)
        detail = (
            f"Nothing of this case is written before {proof.point} is done: the mailbox may be in"
            f" other hands. Do it and settle the point; until then only {proof.letter} goes out."
        )
        self.errors = (FieldError(f"/checklist/{proof.point}", "step-up-needed", detail),)
        self.public = {
            "detail": detail,
            "first": {
                "point": proof.point,
                "href": f"/v1/cases/{state.case_id}/checklist/{proof.point}",
            },
            "instead": proof.letter,
        }


async def find_awaited(tx: Tx, state: CaseState, *, playbook: Playbook) -> StepUp | None:
    """Find what the letters of a case wait for; None if they may speak."""
    points = await checklist_items.points_of(tx, state)
    return awaited_proof(playbook, state, points)


async def require_step_up(tx: Tx, state: CaseState, template: str, *, playbook: Playbook) -> None:
    """
    Hold a letter (by its id or pin) back that would say anything too early.

    Raises:
        StepUpNeeded: The proof is missing, and this is not the letter that says nothing.
    """
    proof = await find_awaited(tx, state, playbook=playbook)
    if proof is not None and template.partition("@")[0] != proof.letter:
        raise StepUpNeeded(state, proof)
