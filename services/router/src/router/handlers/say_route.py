"""A classification stands: choose the queue, keep both decisions, say both."""

from dataclasses import replace
from datetime import datetime

from chassis.door import Tx
from chassis.outbox import announce
from contracts.lifecycle import CaseState
from playbook.case import CaseFacts
from playbook.classify import Classification
from playbook.model import Playbook
from playbook.route import choose_route, priority_of, queue_named
from playbook.targets import Scope, due_by
from router.domain.explain import to_classified, to_routed, to_row
from router.domain.milestones import SELLER, is_the_sellers
from router.domain.queueing import CaseKey, QueuedCase
from router.store import decisions, queued_cases, transfers


async def say_route(
    state: CaseState,
    found: Classification,
    *,
    facts: CaseFacts,
    tx: Tx,
    playbook: Playbook,
    reason: str | None = None,
) -> None:
    """Announce `case.classified` and `case.routed`, in one transaction, with their reasons."""
    classified = to_classified(found, reason=reason)
    chosen = choose_route(playbook, facts, found)
    routed = to_routed(chosen)

    case = (state.marketplace, state.case_id)
    await decisions.add(
        tx,
        case=case,
        playbook=playbook.pin,
        classification=to_row(classified),
        route=to_row(routed),
    )
    row = queued_case(state, found, queue=chosen.queue, playbook=playbook)
    if is_the_sellers(playbook, state, found, facts):
        row = replace(row, waiting_on=SELLER)
    await queued_cases.put(tx, row)

    key = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    await transfers.add_queue(tx, key, team=chosen.team, rule=chosen.rule)

    announce(tx, classified, subject=state.case_id)
    announce(tx, routed, subject=state.case_id)


def queued_case(
    state: CaseState, found: Classification, *, queue: str, playbook: Playbook
) -> QueuedCase:
    """Describe a case to its queue; until its clocks are heard the playbook says when it is due."""
    owner = queue_named(playbook, queue)
    return QueuedCase(
        key=CaseKey(marketplace=state.marketplace, case_id=state.case_id),
        queue=queue,
        team=owner.team,
        priority=priority_of(playbook, found),
        due_at=_due_at(state, found, playbook=playbook),
        severity=found.severity,
        issue_type=found.issue_type,
        skills=owner.skills,
        clearance=owner.clearance,
        waiting_on=state.waiting_on,
    )


def _due_at(state: CaseState, found: Classification, *, playbook: Playbook) -> datetime:
    resolution = Scope(
        kind="resolution",
        issue_type=found.issue_type,
        severity=found.severity,
        tier=state.seller.tier,
        region=state.seller.region,
        patch=playbook.patch_for(state.marketplace),
    )
    return due_by(playbook, resolution, state.opened_at)
