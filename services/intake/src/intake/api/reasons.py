"""Reasons are codes of the playbook that a case is pinned to."""

from chassis.problems import FieldError, Invalid
from contracts.lifecycle import CaseState
from intake.api.state import Kit
from playbook.model import pinned


def check_reason(reason: str, of: str, state: CaseState, kit: Kit) -> None:
    """
    Hold a reason to a list of the playbook of the case.

    Raises:
        Invalid: The list does not have it.
    """
    known = getattr(pinned(kit.playbooks, state.playbook).codes, of)
    if reason not in known:
        detail = f"One of {of}: {', '.join(known)}."
        raise Invalid([FieldError("/reason", "unknown-code", detail)])
