"""Take an offer back: the sender wants to, the case has ended, or nobody took it in time."""

from dataclasses import replace

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid
from contracts.catalogue import partner_topic
from contracts.event import Contract
from contracts.handoff import HandoffLapsed, HandoffRecalled, OfferRecalled
from handoff import store
from handoff.domain.handoffs import Handoff, ReplyNotAllowed, State
from playbook.model import Playbook


async def recall_handoff(handoff: Handoff, *, reason: str, tx: Tx, playbook: Playbook) -> Handoff:
    """
    Recall an open handoff, for a reason of the playbook's list.

    Raises:
        Invalid: No such reason.
        ReplyNotAllowed: The handoff is not open.
    """
    if reason not in playbook.codes.handoff_recall:
        known = ", ".join(playbook.codes.handoff_recall)
        raise Invalid((FieldError("/reason", "unknown-code", f"One of handoff_recall: {known}."),))
    if not handoff.state.is_open:
        raise ReplyNotAllowed(handoff.state)

    fact = HandoffRecalled(handoff=handoff.handoff, reason=reason)
    return await _end(handoff, State.RECALLED, fact, reason=reason, tx=tx)


async def end_handoffs(case_id: str, *, tx: Tx) -> None:
    """Recall whatever is open of a case that has ended."""
    marketplace = tx.views[case_id].state.marketplace
    for handoff in await store.list_of_case(tx, marketplace, case_id):
        if handoff.state.is_open:
            fact = HandoffRecalled(handoff=handoff.handoff, reason="case_ended")
            await _end(handoff, State.RECALLED, fact, reason="case_ended", tx=tx)


async def lapse_handoff(handoff_id: str, *, tx: Tx) -> None:
    """Give custody back to the sender when nobody accepted in time; too late after one did."""
    handoff = await store.get_handoff(tx, handoff_id, for_update=True)
    if handoff.state is State.REQUESTED:
        fact = HandoffLapsed(handoff=handoff.handoff)
        await _end(handoff, State.LAPSED, fact, reason="lapsed", tx=tx)


async def _end(handoff: Handoff, state: State, fact: Contract, *, reason: str, tx: Tx) -> Handoff:
    after = replace(handoff, state=state, ended_at=tx.now, reason=reason)

    await store.save_handoff(tx, after)
    views.touch(tx.views[handoff.case_id])

    announce(tx, fact, subject=handoff.case_id)
    told = OfferRecalled(handoff=handoff.handoff, case=handoff.case_id, reason=reason)
    announce(tx, told, subject=handoff.case_id, topic=partner_topic(handoff.team))
    return after
