"""Cases wait and people are there: ask the right ones."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import structlog

from chassis import views
from chassis.door import Tx
from chassis.problems import NotAllowedNow
from playbook.model import Playbook, for_marketplace
from router.domain.coverage import owners_in_order
from router.domain.dispatch import Choice, Kind, Owned, Waiting, choose_offers, crew_of
from router.domain.presence import AVAILABLE
from router.domain.work import CaseTaken, MemberNotSuited, OfferCase, Reach
from router.handlers.offer_case import offer_case
from router.store import dispatching, members, on_hold, presences

AT_ONCE: Final = 50

_log = structlog.get_logger()


async def dispatch_offers(tx: Tx, *, playbooks: Mapping[str, Playbook]) -> bool:
    """
    Offer what waits to those who are available; say whether there may be more to offer.

    Nothing is offered to whoever never said that they are available: they take what they want.
    Nothing is offered of what is parked here: who takes it could do nothing with it.
    """
    candidates = await dispatching.list_candidates(tx)
    if not candidates:
        return False
    owners = _owners(await dispatching.list_kinds(tx), playbooks, at=tx.now)
    crews = {kind: crew_of(kind, owned, candidates) for kind, owned in owners.items()}
    reach = Reach(playbooks=frozenset(playbooks), on_hold=await on_hold.list_cases(tx))
    rows = await dispatching.list_waiting(tx, crews, reach=reach)
    of_queue = {(kind.marketplace, kind.queue): owned for kind, owned in owners.items()}
    waiting = [_waiting(row, of_queue[row.marketplace, row.queue]) for row in rows]
    choices = choose_offers(waiting, candidates, limit=AT_ONCE)
    await views.lock_many(tx, [one.case_id for one in choices])

    for choice in choices:
        if choice.case_id in tx.views:
            await _offer(choice, tx=tx, playbooks=playbooks)
    return len(choices) == AT_ONCE


def _owners(
    kinds: Iterable[Kind], playbooks: Mapping[str, Playbook], *, at: datetime
) -> dict[Kind, Owned]:
    """Say whose people are asked for each kind, those on shift first; what is in triage: none."""
    found = {}
    for kind in kinds:
        playbook = for_marketplace(playbooks, kind.marketplace)
        queue = playbook.queue(kind.queue) if playbook else None
        if playbook and queue and kind.queue != playbook.routing.triage_queue:
            teams = owners_in_order(playbook, queue, at=at)
            found[kind] = Owned(teams=teams, clearance=queue.clearance)
    return found


def _waiting(row: dispatching.WaitingRow, owned: Owned) -> Waiting:
    return Waiting(
        case_id=row.case_id,
        marketplace=row.marketplace,
        teams=owned.teams,
        due_at=row.due_at,
        skills=row.skills,
        clearance=owned.with_clearance(row.clearance),
        refused_by=row.refused_by,
        delegate=row.delegate,
    )


async def _is_still_there(member: str, *, tx: Tx) -> bool:
    """Look again under the member's lock: whoever has left since the look is asked nothing."""
    await members.get(tx, member, for_update=True)
    said = await presences.find(tx, member)
    return said.at(tx.now) == AVAILABLE


async def _offer(choice: Choice, *, tx: Tx, playbooks: Mapping[str, Playbook]) -> None:
    command = OfferCase(case_id=choice.case_id, member=choice.member, reason=choice.reason)
    playbook = playbooks.get(pin := tx.views[choice.case_id].state.playbook)
    if playbook is None:
        # Others must not wait for a case whose playbook is not here.
        _log.error("playbook_missing", case=choice.case_id, playbook=pin)
        return
    if await on_hold.holds(tx, choice.case_id):
        _log.warning("case_on_hold", case=choice.case_id, door="dispatch")
        return
    if not await _is_still_there(choice.member, tx=tx):
        return
    try:
        await offer_case(command, tx=tx, playbook=playbook)
    except (NotAllowedNow, CaseTaken, MemberNotSuited):
        return  # it changed between the look and the lock; nothing was written, others go on
