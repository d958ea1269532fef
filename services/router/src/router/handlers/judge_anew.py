"""Facts came that a filing had put off: how bad it is may be another matter now."""

from typing import Final

from chassis.door import Tx
from chassis.outbox import announce
from contracts.cases import SellerMessageReceived
from contracts.event import Event
from contracts.lifecycle import CaseState
from contracts.routing import CaseReclassified, CaseRouted
from playbook.classify import confirm
from playbook.model import Playbook
from playbook.route import choose_route
from router.domain.explain import to_classified, to_routed
from router.domain.queueing import CaseKey
from router.domain.work import facts_of
from router.handlers.freeze_routing import freeze_if_too_often
from router.handlers.reclassify_case import keep_its_place, slot_of
from router.handlers.reroute_case import BY_PERSON, move_case

FACTS_CAME: Final = "facts_came"
"""The router's own word for why, whatever list a playbook has for people."""


async def judge_anew(event: Event[SellerMessageReceived], *, tx: Tx, playbook: Playbook) -> None:
    """
    Judge severity and signals by the facts that are known now; say nothing where nothing changed.

    The type stays: who found it stands by it. The case goes to the queue that the playbook now
    has for it, unless somebody works it or a person has chosen where it is.
    """
    state = tx.views[event.subject].state
    before = state.classification
    if not event.fact.facts or before is None or state.route is None or state.has_ended:
        return
    facts = facts_of(state, at=event.time.date())
    found = confirm(playbook, facts, issue_type=before.issue_type)
    classified = to_classified(found, reason=FACTS_CAME).model_copy(
        update={"method": before.method, "confidence": before.confidence}
    )
    if slot_of(classified) == before:
        return
    routed = to_routed(choose_route(playbook, facts, found))

    told = CaseReclassified(**dict(classified), previous=before.issue_type)
    announce(tx, told, subject=event.subject)
    if await _may_move(state, routed, tx=tx):
        known = state.model_copy(update={"classification": slot_of(classified)})
        await move_case(known, routed, reason=FACTS_CAME, tx=tx, playbook=playbook)
    else:
        case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
        await keep_its_place(case, classified, routed, tx=tx, playbook=playbook)


async def _may_move(state: CaseState, routed: CaseRouted, *, tx: Tx) -> bool:
    route = state.route
    if route is None or route.queue == routed.queue or route.rule == BY_PERSON:
        return False
    if state.assignee is not None or state.is_frozen:
        return False
    return not await freeze_if_too_often(state, next_team=routed.team, tx=tx)
