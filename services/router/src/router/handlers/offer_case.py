"""A member is asked to take a case."""

from datetime import timedelta

from chassis import ids
from chassis.door import Tx
from chassis.outbox import announce
from contracts.lifecycle import CaseState
from contracts.routing import AssignmentOffered
from playbook.model import Playbook
from router.domain.dispatch import REASONS
from router.domain.queueing import CaseKey
from router.domain.work import (
    OFFER_LASTS,
    Assignment,
    Member,
    MemberNotSuited,
    Offer,
    OfferCase,
    team_of,
    what_member_lacks,
)
from router.handlers.assign_case import find_held, load_of, work_of
from router.handlers.check_reason import check_reason
from router.handlers.end_offer import lapse_offer
from router.store import members, offers


async def offer_case(
    command: OfferCase, *, tx: Tx, playbook: Playbook, lasts: timedelta = OFFER_LASTS
) -> Offer | Assignment:
    """
    Offer the case to a member: a place is kept for them until they answer or time passes.

    To whoever has the case already, or has its offer, nothing changes. An offer to somebody
    else ends with this one.

    Raises:
        Invalid: The playbook knows no such reason.
        NotAllowedNow: The case is in no queue, or has ended.
        MemberNotFound: Nobody here has that id or login.
        CaseTaken: Somebody has it.
        MemberNotSuited: The member lacks team, skill, clearance or capacity.
    """
    if command.reason not in REASONS:
        check_reason(command.reason, playbook.codes.assignment, of="assignment")
    state = tx.views[command.case_id].state
    member = await members.get(tx, command.member, for_update=True)
    if held := await find_held(tx, state, by=member.member):
        return held
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    before = await offers.find_open(tx, case)
    if before is not None and before.member == member.member:
        return before
    offer = await _offer(command, state, member, tx=tx, playbook=playbook, lasts=lasts)

    if before is not None:
        await lapse_offer(before, reason="offered_again", tx=tx)
    await offers.add(tx, offer)

    announce(tx, _offered(offer), subject=command.case_id)
    return offer


async def _offer(
    command: OfferCase,
    state: CaseState,
    member: Member,
    *,
    tx: Tx,
    playbook: Playbook,
    lasts: timedelta,
) -> Offer:
    work = work_of(state, playbook)
    load = await load_of(tx, member.member)
    if lacks := what_member_lacks(member, work, load=load):
        raise MemberNotSuited(lacks)
    return Offer(
        assignment=ids.new_id("asg", tx.now),
        marketplace=state.marketplace,
        case_id=state.case_id,
        member=member.member,
        team=team_of(member, work),
        queue=state.route.queue if state.route else "",
        offered_at=tx.now,
        lapses_at=tx.now + lasts,
        reason=command.reason,
    )


def _offered(offer: Offer) -> AssignmentOffered:
    return AssignmentOffered(
        assignment=offer.assignment,
        member=offer.member,
        team=offer.team,
        queue=offer.queue,
        lapses_at=offer.lapses_at,
        reason=offer.reason,
    )
