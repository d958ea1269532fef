"""A member comes or leaves: what they hold and what they were offered is looked at anew."""

from collections.abc import Sequence
from dataclasses import replace

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from contracts.routing import MemberPresenceChanged
from router.domain.presence import AVAILABLE, OFFLINE, Presence, choose_what_cannot_wait
from router.domain.queueing import CaseKey
from router.handlers.end_offer import lapse_offer
from router.handlers.release_case import give_back
from router.store import assignments, members, offers, presences, queued_cases


class PresenceHasChanged(Exception):
    """Somebody said something of this member's presence meanwhile."""

    def __init__(self, version: int) -> None:
        super().__init__(str(version))
        self.version = version


async def change_presence(said: Presence, *, seen: int | None, tx: Tx) -> Presence:
    """
    Keep what a member says. Whoever goes offline leaves nothing behind that cannot wait.

    Offers to them lapse; cases that would break a promise before they are back go to their
    queues, in their places. `seen` is the version that the caller has seen, None for any. The
    same again says nothing.

    Raises:
        PresenceHasChanged: It is not that version any more.
    """
    await _lock(said.member, tx=tx)
    before = await presences.find(tx, said.member)
    if seen is not None and seen != before.version:
        raise PresenceHasChanged(before.version)
    now_said = replace(said, version=before.version + 1)
    if now_said == replace(before, version=now_said.version):
        return before

    await presences.replace(tx, now_said)
    if said.presence == OFFLINE:
        await _take_back_offers(said.member, tx=tx)
        held = await queued_cases.list_hands(tx, said.member)
        await _give_back(said.member, choose_what_cannot_wait(held, back_at=said.until), tx=tx)

    announce(tx, _changed(now_said), subject=said.member)
    return now_said


async def _lock(member: str, *, tx: Tx) -> None:
    """
    Lock what a member has, then the member: what they got while we waited for that, last.

    That last is out of order. Against whoever claims such a case at this very moment the
    database decides, and the door tries again.
    """
    await views.lock_many(tx, await _cases_of(member, tx=tx))
    await members.get(tx, member, for_update=True)
    if late := await _cases_of(member, tx=tx) - tx.views.keys():
        await views.lock_many(tx, late)


async def _cases_of(member: str, *, tx: Tx) -> set[str]:
    held = await queued_cases.list_hands(tx, member)
    return {*await offers.list_of_member(tx, member), *(one.case_id for one in held)}


async def _take_back_offers(member: str, *, tx: Tx) -> None:
    for case_id in sorted(set(await offers.list_of_member(tx, member)) & tx.views.keys()):
        key = CaseKey(marketplace=tx.views[case_id].state.marketplace, case_id=case_id)
        offer = await offers.find_open(tx, key)
        if offer is not None and offer.member == member:
            await lapse_offer(offer, reason="went_offline", tx=tx)


async def _give_back(member: str, cases: tuple[str, ...], *, tx: Tx) -> None:
    for case_id in cases:
        marketplace = tx.views[case_id].state.marketplace
        held = await assignments.find_open(tx, marketplace, case_id)
        if held is not None and held.member == member:
            await give_back(held, reason="absence", tx=tx)


async def end_shifts(tx: Tx, members: Sequence[str]) -> None:
    """Take those for offline whose availability is over; one who came back stays."""
    for member in members:
        await _end_shift(tx, member)


async def _end_shift(tx: Tx, member: str) -> None:
    await _lock(member, tx=tx)
    said = await presences.find(tx, member)
    if said.presence == AVAILABLE and said.at(tx.now) == OFFLINE:
        gone = replace(said, presence=OFFLINE, until=None)
        await change_presence(gone, seen=said.version, tx=tx)


def _changed(said: Presence) -> MemberPresenceChanged:
    delegation = said.delegation
    return MemberPresenceChanged(
        member=said.member,
        presence=said.presence,
        until=said.until,
        delegate=delegation.to if delegation else None,
        delegated_from=delegation.starts_at if delegation else None,
        delegated_until=delegation.ends_at if delegation else None,
    )
