"""A person says that a case is about something else."""

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import NotAllowedNow
from contracts.lifecycle.state import Classification as ClassificationSlot
from contracts.routing import CaseClassified, CaseReclassified, CaseRouted
from playbook.classify import confirm
from playbook.model import Playbook
from playbook.route import choose_route
from router.domain.explain import to_classified, to_routed, to_row
from router.domain.queueing import CaseKey
from router.domain.work import ClassifyCase, facts_of
from router.handlers.classify_case import check_words
from router.handlers.freeze_routing import freeze_if_too_often, refuse_if_frozen
from router.handlers.reroute_case import move_case
from router.store import decisions, queued_cases


async def reclassify_case(command: ClassifyCase, *, tx: Tx, playbook: Playbook) -> bool:
    """
    Give the case another type; the playbook routes it anew, if that means another queue.

    Whoever has it keeps it where the queue stays the same. Where the new queue would send it
    in a circle, the type changes and routing is frozen: True.

    Raises:
        Invalid: The playbook knows no such type or reason.
        NotAllowedNow: The case has ended, or is of that type already.
        RoutingIsFrozen: An arbiter has to decide first.
    """
    check_words(command, playbook)
    state = tx.views[command.case_id].state
    if state.has_ended or state.route is None or state.issue_type == command.issue_type:
        raise NotAllowedNow(status=state.status, allowed=[])
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    await refuse_if_frozen(case, tx=tx)
    facts = facts_of(state, at=tx.now.date())
    found = confirm(playbook, facts, issue_type=command.issue_type)
    routed = to_routed(choose_route(playbook, facts, found))
    classified = to_classified(found, reason=command.reason)

    told = CaseReclassified(**dict(classified), previous=state.issue_type)
    announce(tx, told, subject=command.case_id)
    if routed.queue != state.route.queue:
        known = state.model_copy(update={"classification": slot_of(classified)})
        if not await freeze_if_too_often(state, next_team=routed.team, tx=tx):
            await move_case(known, routed, reason=command.reason, tx=tx, playbook=playbook)
            return False
    await keep_its_place(case, classified, routed, tx=tx, playbook=playbook)
    return routed.queue != state.route.queue


def slot_of(classified: CaseClassified) -> ClassificationSlot:
    """Write the slot as the fold will: the handlers below look at the case as it is then."""
    told = dict(classified)
    return ClassificationSlot(**{name: told[name] for name in ClassificationSlot.model_fields})


async def keep_its_place(
    case: CaseKey,
    classified: CaseClassified,
    routed: CaseRouted,
    *,
    tx: Tx,
    playbook: Playbook,
) -> None:
    """Keep the decision where the case stays where it is."""
    await decisions.add(
        tx,
        case=(case.marketplace, case.case_id),
        playbook=playbook.pin,
        classification=to_row(classified),
        route=to_row(routed),
    )
    await queued_cases.set_type(
        tx,
        case,
        issue_type=classified.issue_type,
        severity=classified.severity,
        priority=routed.priority,
    )
    views.touch(tx.views[case.case_id])
