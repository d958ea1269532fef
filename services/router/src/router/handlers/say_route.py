"""A classification stands: choose the queue, keep both decisions, say both."""

from datetime import datetime

from chassis.door import Tx
from chassis.outbox import announce
from contracts.lifecycle import CaseState
from playbook.case import CaseFacts
from playbook.classify import Classification
from playbook.model import Playbook
from playbook.route import choose_route
from playbook.targets import Scope, due_by
from router import store
from router.domain.explain import to_classified, to_routed, to_row


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
    await store.add_decision(
        tx,
        case=case,
        playbook=playbook.pin,
        classification=to_row(classified),
        route=to_row(routed),
    )
    await store.queue_case(
        tx,
        case=case,
        queue=chosen.queue,
        priority=chosen.priority,
        due_at=due_of(state, found, playbook=playbook),
    )

    announce(tx, classified, subject=state.case_id)
    announce(tx, routed, subject=state.case_id)


def due_of(state: CaseState, found: Classification, *, playbook: Playbook) -> datetime:
    """Say when the case should be resolved: the order of the queues until the clock is heard."""
    resolution = Scope(
        kind="resolution",
        issue_type=found.issue_type,
        severity=found.severity,
        tier=state.seller.tier,
        region=state.seller.region,
        patch=playbook.patch_for(state.marketplace),
    )
    return due_by(playbook, resolution, state.opened_at)
