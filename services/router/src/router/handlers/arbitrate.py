"""The arbiter decides whose case it is: routing goes on."""

from dataclasses import dataclass

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid, NeedsAuthority, NotAllowedNow
from contracts.lifecycle import CaseState
from contracts.routing import CaseRouted, Lead, RoutingUnfrozen
from playbook.model import Playbook
from router.domain.ping_pong import may_arbitrate
from router.domain.queueing import CaseKey
from router.handlers.check_reason import find_unknown
from router.handlers.reroute_case import move_case
from router.store import routing_defects, transfers
from router.store.routing_defects import OpenDefect

BY_ARBITER = "decided_by_arbiter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arbitrate:
    """An arbiter says whose case it is."""

    case_id: str
    member: str
    roles: tuple[str, ...]
    authority: int
    team: str
    reason: str


async def arbitrate(command: Arbitrate, *, tx: Tx, playbook: Playbook) -> str | None:
    """
    End the freeze. A team of ours gets the case into its queue; a partner may be handed it again.

    Returns the queue. What was before counts no more: a circle has to begin anew to freeze.

    Raises:
        Invalid: The playbook knows no such team or reason.
        NotAllowedNow: Routing is not frozen.
        NeedsAuthority: It takes another to decide this one.
    """
    _check_words(command, playbook)
    state = tx.views[command.case_id].state
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    defect = await routing_defects.find_open(tx, case)
    if defect is None or state.has_ended:
        raise NotAllowedNow(status=state.status, allowed=[])
    _check_right(command, defect, state)

    await routing_defects.end(tx, defect.number, team=command.team, reason=command.reason)
    await transfers.settle(tx, case)
    views.touch(tx.views[command.case_id])

    told = RoutingUnfrozen(team=command.team, member=command.member, reason=command.reason)
    announce(tx, told, subject=command.case_id)
    routed = _route_to(command.team, state, playbook)
    if routed is None:
        return state.route.queue if state.route else None
    await move_case(state, routed, reason=command.reason, tx=tx, playbook=playbook)
    await transfers.settle(tx, case)
    return routed.queue


def _check_right(command: Arbitrate, defect: OpenDefect, state: CaseState) -> None:
    needed = state.classification.authority_level if state.classification else 0
    if command.member == defect.arbiter:
        return
    if not may_arbitrate(
        command.roles,
        authority=command.authority,
        arbiter_role=defect.arbiter_role,
        needed=needed,
    ):
        public = {
            "required_authority": needed,
            "arbiter": defect.arbiter,
            "arbiter_role": defect.arbiter_role,
        }
        raise NeedsAuthority(public=public)


def _check_words(command: Arbitrate, playbook: Playbook) -> None:
    teams, reasons = [one.id for one in playbook.teams.teams], playbook.codes.arbitration
    errors = []
    if command.team not in teams:
        errors.append(FieldError("/team", "unknown-code", f"One of: {', '.join(teams)}."))
    errors.extend(find_unknown(command.reason, reasons, of="arbitration"))
    if errors:
        raise Invalid(tuple(errors))


def _route_to(team: str, state: CaseState, playbook: Playbook) -> CaseRouted | None:
    """Choose the team's queue; None where the case is with them already, or they have none."""
    triage, route = playbook.routing.triage_queue, state.route
    own = [one for one in playbook.teams.queues if one.team == team and one.id != triage]
    if route is None or route.team == team or not own:
        return None
    return CaseRouted(
        queue=own[0].id,
        team=team,
        rule=BY_ARBITER,
        skills=own[0].skills,
        priority=route.priority,
        lead=Lead(team=team),
    )
