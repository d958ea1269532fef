"""Take an offer back: the sender wants to, it is not theirs any more, or nobody took it in time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid
from contracts.catalogue import partner_topic
from contracts.event import Contract
from contracts.handoff import HandoffLapsed, HandoffRecalled, OfferRecalled
from handoff import store
from handoff.domain.handoffs import Handoff, ReplyNotAllowed, State
from playbook.contract import contract as find_contract
from playbook.model import Playbook

CASE_ENDED: Final = "case_ended"
RECLASSIFIED: Final = "reclassified"
ARBITRATED: Final = "arbitrated"


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
    await _recall_of_case(case_id, lambda _handoff: True, reason=CASE_ENDED, tx=tx)


async def recall_for_type(case_id: str, *, tx: Tx, playbook: Playbook) -> None:
    """Recall what is open with teams that do not take cases of the type that this one is now."""
    issue_type = tx.views[case_id].state.issue_type

    def is_no_longer_theirs(handoff: Handoff) -> bool:
        contract = find_contract(playbook, handoff.team)
        return contract is None or issue_type not in contract.issue_types

    await _recall_of_case(case_id, is_no_longer_theirs, reason=RECLASSIFIED, tx=tx)


async def recall_for_arbiter(case_id: str, *, team: str, tx: Tx) -> None:
    """
    Recall what is open with the teams that the case went to and fro between, but for the chosen.

    Whoever was asked beside them, and was no part of the circle, goes on.
    """
    freeze = tx.views[case_id].state.freeze
    circle = set(freeze.trail if freeze else ()) - {team}
    await _recall_of_case(case_id, lambda handoff: handoff.team in circle, reason=ARBITRATED, tx=tx)


async def _recall_of_case(
    case_id: str, is_over: Callable[[Handoff], bool], *, reason: str, tx: Tx
) -> None:
    marketplace = tx.views[case_id].state.marketplace
    for handoff in await store.list_of_case(tx, marketplace, case_id):
        if handoff.state.is_open and is_over(handoff):
            fact = HandoffRecalled(handoff=handoff.handoff, reason=reason)
            await _end(handoff, State.RECALLED, fact, reason=reason, tx=tx)


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
