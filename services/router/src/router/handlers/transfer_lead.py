"""Another person answers for a case towards the seller."""

from dataclasses import dataclass

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import NotAllowedNow
from contracts.lifecycle import CaseState
from contracts.routing import CaseLeadTransferred, Lead
from playbook.model import Playbook
from router.domain.work import MemberNotFound, MemberNotSuited, team_of, what_member_lacks
from router.handlers.assign_case import work_of
from router.handlers.check_reason import check_reason
from router.store import members

_AS_IF_IDLE = -1  # a lead is no piece of work: room decides nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLead:
    """A person hands the lead of a case to another."""

    case_id: str
    member: str
    reason: str


async def transfer_lead(command: TransferLead, *, tx: Tx, playbook: Playbook) -> Lead:
    """
    Make the member the case's lead; who has the work does not change.

    To whoever is the lead already nothing changes.

    Raises:
        Invalid: The playbook knows no such reason.
        NotAllowedNow: The case is in triage, or has ended.
        MemberNotFound: Nobody here has that id or login.
        MemberNotSuited: The member lacks team, skill or clearance.
    """
    check_reason(command.reason, playbook.codes.lead_transfer, of="lead_transfer")
    state = tx.views[command.case_id].state
    if state.has_ended:
        raise NotAllowedNow(status=state.status, allowed=[])
    lead = await _lead(command, state, tx=tx, playbook=playbook)
    if lead == state.named_lead:
        return lead

    views.touch(tx.views[command.case_id])

    told = CaseLeadTransferred(lead=lead, previous=state.lead, reason=command.reason)
    announce(tx, told, subject=command.case_id)
    return lead


async def _lead(command: TransferLead, state: CaseState, *, tx: Tx, playbook: Playbook) -> Lead:
    member = await members.get(tx, command.member)
    if state.marketplace not in member.marketplaces:
        raise MemberNotFound
    work = work_of(state, playbook)
    lacks = what_member_lacks(member, work, load=_AS_IF_IDLE)
    if lacks:
        raise MemberNotSuited(lacks)
    return Lead(team=team_of(member, work), member=member.member)
