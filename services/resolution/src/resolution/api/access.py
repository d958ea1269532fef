"""Who may work a case, and what every endpoint of a case needs."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Path

from chassis import http
from chassis.auth import Scope
from chassis.door import Tx
from chassis.ids import NotAnId, to_uuid
from chassis.problems import NotFound
from chassis.vault import seal
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from playbook.model import Playbook, pinned
from resolution.store import appeals, messages

WORKERS: Final = {
    "agent": Scope.WORKER,
    "senior_agent": Scope.WORKER,
    "supervisor": Scope.TEAM | Scope.WORKER,
}
"""Assignee or lead work a case; supervisors of its team too (security.md §1)."""

READERS: Final = {
    "agent": Scope.TEAM | Scope.WORKER,
    "senior_agent": Scope.TEAM | Scope.WORKER,
    "supervisor": Scope.MARKETPLACE,
    "compliance": Scope.MARKETPLACE,
}


EvidenceId = Annotated[str, Path(description="The document.", examples=["evd_01m8…"])]
AppealId = Annotated[
    str, Path(description="The appeal.", examples=["apl_01m80000000000000000000000"])
]
MessageId = Annotated[str, Path(description="The letter.", examples=["msg_01m8…"])]


def playbooks_of(call: http.Call) -> Mapping[str, Playbook]:
    found: Mapping[str, Playbook] = call.request.app.state.playbooks
    return found


def playbook_of(call: http.Call, state: CaseState) -> Playbook:
    return pinned(playbooks_of(call), state.playbook)


def sealed_note(state: CaseState, note: str | None) -> SealedValue | None:
    """Close a person's words to the seller's key, at the door that received them."""
    if note is None:
        return None
    return seal(
        note,
        public_key=state.seller.public_key,
        key=state.seller.key,
        class_="narrative",
        subject=state.case_id,
    )


def state_of(tx: Tx, case_id: str) -> CaseState:
    return tx.views[case_id].state


async def case_of_message(tx: Tx, message_id: str) -> str:
    """Find the case of a letter; what is no id at all is as unknown as any other."""
    found = await messages.find_case(tx, message_id) if is_id(message_id, "msg") else None
    if found is None:
        raise NotFound(message_id)
    return found


async def case_of_appeal(tx: Tx, appeal_id: str) -> str:
    """Find the case of an appeal; what is no id at all is as unknown as any other."""
    found = await appeals.find_case(tx, appeal_id) if is_id(appeal_id, "apl") else None
    if found is None:
        raise NotFound(appeal_id)
    return found


def is_id(text: str, prefix: str) -> bool:
    try:
        to_uuid(text, prefix=prefix)
    except NotAnId:
        return False
    return True
