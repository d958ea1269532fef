"""Cases wait and people are there: ask the right ones."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog

from chassis import views
from chassis.door import Tx
from chassis.problems import NotAllowedNow
from playbook.model import Playbook, for_marketplace
from router.domain.coverage import owners_in_order
from router.domain.dispatch import Choice, Waiting, choose_offers
from router.domain.work import CaseTaken, MemberNotSuited, OfferCase
from router.handlers.offer_case import offer_case
from router.store import dispatching

AT_ONCE: Final = 50

_log = structlog.get_logger()


async def dispatch_offers(tx: Tx, *, playbooks: Mapping[str, Playbook]) -> bool:
    """
    Offer what waits to those who are available; say whether there may be more to offer.

    Nothing is offered to whoever never said that they are available: they take what they want.
    """
    candidates = await dispatching.list_candidates(tx)
    if not candidates:
        return False
    rows = await dispatching.list_waiting(tx)
    waiting = [one for row in rows if (one := _waiting(row, playbooks, at=tx.now))]
    choices = choose_offers(waiting, candidates)[:AT_ONCE]
    await views.lock_many(tx, [one.case_id for one in choices])

    for choice in choices:
        if choice.case_id in tx.views:
            await _offer(choice, tx=tx, playbooks=playbooks)
    return len(choices) == AT_ONCE


def _waiting(
    row: dispatching.WaitingRow, playbooks: Mapping[str, Playbook], *, at: datetime
) -> Waiting | None:
    playbook = for_marketplace(playbooks, row.marketplace)
    queue = playbook.queue(row.queue) if playbook else None
    if playbook is None or queue is None or row.queue == playbook.routing.triage_queue:
        return None
    return Waiting(
        case_id=row.case_id,
        marketplace=row.marketplace,
        teams=owners_in_order(playbook, queue, at=at),
        due_at=row.due_at,
        skills=row.skills,
        clearance=row.clearance,
        refused_by=row.refused_by,
        delegate=row.delegate,
    )


async def _offer(choice: Choice, *, tx: Tx, playbooks: Mapping[str, Playbook]) -> None:
    command = OfferCase(case_id=choice.case_id, member=choice.member, reason=choice.reason)
    playbook = playbooks.get(pin := tx.views[choice.case_id].state.playbook)
    if playbook is None:
        # Others must not wait for a case whose playbook is not here.
        _log.error("playbook_missing", case=choice.case_id, playbook=pin)
        return
    try:
        await offer_case(command, tx=tx, playbook=playbook)
    except (NotAllowedNow, CaseTaken, MemberNotSuited):
        return  # it changed between the look and the lock; nothing was written, others go on
