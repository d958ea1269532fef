"""Whether letters may speak of a case yet, or have to wait for a proof of who reads them."""

from collections.abc import Collection

from playbook.columns import Inputs
from playbook.compiled import compiled
from playbook.disclosing import StepUp
from playbook.model import Playbook


def find_step_up(
    playbook: Playbook, issue_type: str, seen: Inputs, done: Collection[str]
) -> StepUp | None:
    """
    Find what a case's letters wait for; None if they may speak.

    `seen` is the case as it was filed, `done` the points of its checklist that are done: what a
    filing itself says proves nothing, since whoever has the mailbox may have filed it.
    """
    known = playbook.issue_type(issue_type)
    if known is None or not known.step_up:
        return None
    row = compiled(playbook).step_up[issue_type].first(seen)
    found = None if row is None else known.step_up[row]
    return None if found is None or found.point in done else found
