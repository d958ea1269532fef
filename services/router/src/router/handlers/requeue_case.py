"""A case is open again because of an appeal: somebody else than who decided it gets it."""

from typing import Final

from chassis.door import Tx
from chassis.outbox import announce
from contracts.event import Event
from contracts.lifecycle.appeals import deciders
from contracts.lifecycle.state import Route
from contracts.resolution import CaseReopened
from contracts.routing import CaseLeadTransferred, CaseRerouted, Lead
from playbook.model import Playbook
from router.domain.queueing import CaseKey
from router.handlers.reroute_case import waiting_in
from router.store import barred_members, queued_cases

APPEAL: Final = "appeal"


async def requeue_case(event: Event[CaseReopened], *, tx: Tx, playbook: Playbook) -> None:
    """
    Put the case back into its queue, in nobody's hands and without a lead who decided it.

    Whoever made a decision that is appealed is kept from it: they cannot claim, take or be
    offered it.
    """
    state = tx.views[event.subject].state
    if state.route is None:
        return  # nobody ever routed it: who triages it sees it as before
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    barred = deciders(state)

    await barred_members.add(tx, case, barred)
    await queued_cases.put(tx, waiting_in(state.route, state, tx=tx, playbook=playbook))

    announce(tx, _rerouted(state.route), subject=event.subject)
    if state.lead and state.lead.member in barred:
        lead = Lead(team=state.route.team)
        told = CaseLeadTransferred(lead=lead, previous=state.lead, reason=APPEAL)
        announce(tx, told, subject=event.subject)


def _rerouted(route: Route) -> CaseRerouted:
    return CaseRerouted(
        queue=route.queue,
        team=route.team,
        rule=route.rule,
        skills=route.skills,
        priority=route.priority,
        lead=Lead(team=route.team),
        previous_queue=route.queue,
        previous_team=route.team,
        reason=APPEAL,
    )
