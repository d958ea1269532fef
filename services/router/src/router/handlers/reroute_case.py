"""A case goes to another queue."""

from dataclasses import dataclass

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid, NotAllowedNow
from contracts.lifecycle import CaseState
from contracts.lifecycle.state import Route
from contracts.routing import CaseRerouted, CaseRouted, Lead
from playbook.model import Playbook
from playbook.policies import Queue
from router.domain.explain import to_row
from router.domain.queueing import CaseKey, QueuedCase
from router.handlers.check_reason import find_unknown
from router.handlers.end_offer import lapse_offer_of
from router.handlers.freeze_routing import freeze_if_too_often, refuse_if_frozen
from router.store import assignments, decisions, queued_cases, transfers

BY_PERSON = "chosen_by_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class RerouteCase:
    """A person sends a case to another queue."""

    case_id: str
    queue: str
    reason: str


async def reroute_case(command: RerouteCase, *, tx: Tx, playbook: Playbook) -> bool:
    """
    Send the case to another queue; False: it stays, since its routing is frozen by this.

    Raises:
        Invalid: The playbook knows no such queue or reason.
        NotAllowedNow: The case is in triage, has ended, or is in that queue already.
        RoutingIsFrozen: An arbiter has to decide first.
    """
    state = tx.views[command.case_id].state
    queue = _check_words(command, playbook)
    route = state.route
    if route is None or state.has_ended or route.queue == queue.id:
        raise NotAllowedNow(status=state.status, allowed=[])
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    await refuse_if_frozen(case, tx=tx)
    if await freeze_if_too_often(state, next_team=queue.team, tx=tx):
        return False

    routed = CaseRouted(
        queue=queue.id,
        team=queue.team,
        rule=BY_PERSON,
        skills=queue.skills,
        priority=route.priority,
        lead=Lead(team=queue.team),
    )
    await move_case(state, routed, reason=command.reason, tx=tx, playbook=playbook)
    return True


async def move_case(
    state: CaseState, routed: CaseRouted, *, reason: str, tx: Tx, playbook: Playbook
) -> None:
    """Give the case to another queue; whoever had it has it no more, offers are over."""
    if state.route is None:
        raise NotAllowedNow(status=state.status, allowed=[])
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    rerouted = CaseRerouted(
        **dict(routed),
        previous_queue=state.route.queue,
        previous_team=state.route.team,
        reason=reason,
    )
    held = await assignments.find_open(tx, state.marketplace, state.case_id)

    if held is not None:
        await assignments.end(tx, held.assignment, reason=reason)
    await lapse_offer_of(case, reason="rerouted", tx=tx)
    await decisions.add(
        tx,
        case=(state.marketplace, state.case_id),
        playbook=playbook.pin,
        classification=_classification(state, reason),
        route=to_row(routed),
    )
    await transfers.add_queue(tx, case, team=routed.team, rule=routed.rule)
    await queued_cases.put(tx, waiting_in(routed, state, tx=tx, playbook=playbook))
    views.touch(tx.views[state.case_id])

    announce(tx, rerouted, subject=state.case_id)


def _check_words(command: RerouteCase, playbook: Playbook) -> Queue:
    triage, reasons = playbook.routing.triage_queue, playbook.codes.rerouting
    queues = [queue.id for queue in playbook.teams.queues if queue.id != triage]
    errors = []
    if command.queue not in queues:
        errors.append(FieldError("/queue", "unknown-code", f"One of: {', '.join(queues)}."))
    errors.extend(find_unknown(command.reason, reasons, of="rerouting"))
    queue = playbook.queue(command.queue)
    if errors or queue is None:
        raise Invalid(tuple(errors))
    return queue


def _classification(state: CaseState, reason: str) -> dict[str, object]:
    """Keep beside the new route what the case was taken for, and why it moved."""
    known = state.classification
    kept = known.model_dump(mode="json", exclude_none=True) if known else {}
    return {"confidence": 1.0, "method": "human", **kept, "reason": reason}


def waiting_in(
    routed: CaseRouted | Route, state: CaseState, *, tx: Tx, playbook: Playbook
) -> QueuedCase:
    """Let a case that was moved wait from now on, in nobody's hands."""
    queue = playbook.queue(routed.queue)
    return QueuedCase(
        key=CaseKey(marketplace=state.marketplace, case_id=state.case_id),
        queue=routed.queue,
        team=routed.team,
        priority=routed.priority,
        due_at=tx.now,
        severity=state.classification.severity if state.classification else "medium",
        issue_type=state.issue_type,
        skills=routed.skills,
        clearance=queue.clearance if queue else (),
        waiting_on=state.waiting_on,
    )
