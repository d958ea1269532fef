"""A case goes to and fro: it stops, somebody is named, and the defect is on record."""

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from contracts.lifecycle import CaseState
from contracts.routing import RoutingFrozen
from router.domain.ping_pong import Freeze, choose_arbiter, decide_freeze
from router.domain.queueing import CaseKey
from router.store import members, routing_defects, transfers


class RoutingIsFrozen(Exception):
    """Nobody moves the case before the arbiter has decided."""

    def __init__(self, arbiter: str | None, role: str) -> None:
        super().__init__(role)
        self.public = {"arbiter": arbiter, "arbiter_role": role}


async def freeze_if_too_often(state: CaseState, *, next_team: str, tx: Tx) -> bool:
    """Freeze routing if this transfer is one too many; say whether it is frozen now."""
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    if await routing_defects.find_open(tx, case):
        return True
    freeze = decide_freeze(await transfers.list_unsettled(tx, case), next_team=next_team)
    if freeze is None:
        return False

    await _freeze(state, freeze, tx=tx)
    return True


async def refuse_if_frozen(case: CaseKey, *, tx: Tx) -> None:
    """
    Go on only while routing is not frozen.

    Raises:
        RoutingIsFrozen: It is.
    """
    defect = await routing_defects.find_open(tx, case)
    if defect is not None:
        raise RoutingIsFrozen(defect.arbiter, defect.arbiter_role)


async def _freeze(state: CaseState, freeze: Freeze, *, tx: Tx) -> None:
    case = CaseKey(marketplace=state.marketplace, case_id=state.case_id)
    supervisors = await members.list_of_role(tx, "supervisor", marketplace=state.marketplace)
    member, role = choose_arbiter(
        supervisors,
        marketplace=state.marketplace,
        team=state.lead.team if state.lead else "",
        authority=state.classification.authority_level if state.classification else 0,
    )

    await routing_defects.add(tx, case, freeze, playbook=state.playbook, arbiter=(member, role))
    views.touch(tx.views[state.case_id])

    announce(
        tx,
        RoutingFrozen(reason=freeze.reason, trail=freeze.trail, arbiter=member, arbiter_role=role),
        subject=state.case_id,
    )
