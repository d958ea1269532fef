"""A member accepts or declines what was offered."""

from chassis.door import Tx
from chassis.outbox import announce
from contracts.routing import AssignmentDeclined
from playbook.model import Playbook
from router.domain.queueing import CaseKey
from router.domain.work import AnswerOffer, AssignCase, Assignment, Offer, OfferNotOpen
from router.handlers.assign_case import assign_case
from router.handlers.check_reason import check_reason
from router.store import assignments, offers


async def accept_offer(command: AnswerOffer, *, tx: Tx, playbook: Playbook) -> Assignment:
    """
    Accept the offer: the case is the member's. Accepting again changes nothing.

    Raises:
        OfferNotOpen: There is no offer to this member, or its time is over.
        NotAllowedNow: The case has ended meanwhile.
        MemberNotSuited: The member has lost what the case asks for.
    """
    state = tx.views[command.case_id].state
    held = await assignments.find_open(tx, state.marketplace, state.case_id)
    if held is not None and held.member == command.member:
        return held
    await _get_open(command, tx=tx)

    wanted = AssignCase(case_id=command.case_id, member=command.member)
    return await assign_case(wanted, tx=tx, playbook=playbook)


async def decline_offer(command: AnswerOffer, *, tx: Tx, playbook: Playbook) -> Offer:
    """
    Decline the offer, with a reason. The case waits in its queue, where it was all the time.

    Raises:
        Invalid: The playbook knows no such reason.
        OfferNotOpen: There is no offer to this member, or its time is over.
    """
    check_reason(command.reason, playbook.codes.declination, of="declination")
    offer = await _get_open(command, tx=tx)

    await offers.end(tx, offer, outcome="declined", why=command.reason)

    announce(
        tx,
        AssignmentDeclined(assignment=offer.assignment, member=offer.member, reason=command.reason),
        subject=command.case_id,
    )
    return offer


async def _get_open(command: AnswerOffer, *, tx: Tx) -> Offer:
    state = tx.views[command.case_id].state
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    offer = await offers.find_open(tx, case)
    if offer is None or offer.member != command.member or offer.lapses_at <= tx.now:
        raise OfferNotOpen
    return offer
