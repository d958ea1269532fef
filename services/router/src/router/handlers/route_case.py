"""A case came: classify it and give it a queue, or ask a person."""

from chassis.door import Tx
from chassis.outbox import announce
from contracts.cases import CaseOpened
from contracts.event import Event
from contracts.routing import CaseTriageRequired, Lead
from playbook.classify import Classification, classify
from playbook.model import Playbook
from playbook.route import triage_queue
from router.domain.explain import to_alternatives, to_predicates
from router.domain.work import facts_of
from router.handlers.say_route import queued_case, say_route
from router.store import decisions, queued_cases


async def route_case(event: Event[CaseOpened], *, tx: Tx, playbook: Playbook) -> None:
    """
    Classify and route, in one transaction; below the playbook's bound a person decides.

    The day of the filing is the day by which documents are judged, so that a replay decides
    the same.
    """
    state = tx.views[event.subject].state
    facts = facts_of(state, at=event.time.date())

    found = classify(playbook, facts)

    if found.needs_person is not None:
        await _ask_person(event, found, tx=tx, playbook=playbook)
        return
    await say_route(state, found, facts=facts, tx=tx, playbook=playbook)


async def _ask_person(
    event: Event[CaseOpened], found: Classification, *, tx: Tx, playbook: Playbook
) -> None:
    queue = triage_queue(playbook)
    owner = playbook.queue(queue)
    asked = CaseTriageRequired(
        queue=queue,
        lead=Lead(team=owner.team) if owner else None,
        reason=found.needs_person or "low_confidence",
        confidence=found.confidence,
        alternatives=to_alternatives(found),
        predicates=to_predicates(found.predicates),
    )
    state = tx.views[event.subject].state
    case = (state.marketplace, event.subject)

    await decisions.add(
        tx, case=case, playbook=playbook.pin, classification=_of_triage(asked, found), route=None
    )

    await queued_cases.put(tx, queued_case(state, found, queue=queue, playbook=playbook))

    announce(tx, asked, subject=event.subject)


def _of_triage(asked: CaseTriageRequired, found: Classification) -> dict[str, object]:
    """Keep what the person will want to see beside the question."""
    return asked.model_dump(mode="json", exclude_none=True) | {
        "issue_type": found.issue_type,
        "severity": found.severity,
        "method": found.method,
    }
