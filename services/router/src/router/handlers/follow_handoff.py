"""A team was handed the case, gave it back, or did its part: the trail of the case."""

from chassis.door import Tx
from contracts import handoff
from contracts.event import Contract, Event
from router.domain.ping_pong import Outcome
from router.domain.queueing import CaseKey
from router.handlers.freeze_routing import freeze_if_too_often
from router.store import transfers

_WRONG_TEAM = "wrong_team"


async def follow_handoff(event: Event[Contract], *, tx: Tx) -> None:
    """Keep the trail, and freeze routing where it runs in a circle."""
    state = tx.views[event.subject].state
    case = CaseKey(marketplace=state.marketplace, case_id=event.subject)
    match event.fact:
        case handoff.HandoffRequested() as asked:
            if asked.attempt == 1:  # asking the same team again is no transfer
                await freeze_if_too_often(state, next_team=asked.team, tx=tx)
            await transfers.put_handoff(
                tx, case, handoff=asked.handoff, team=asked.team, rule=asked.contract
            )
        case handoff.HandoffReturned(reason=reason, suggest=suggested) as back:
            outcome: Outcome = "wrong_team" if reason == _WRONG_TEAM else "returned"
            await transfers.end_handoff(tx, case, handoff=back.handoff, outcome=outcome)
            if outcome == _WRONG_TEAM and suggested is not None:
                await freeze_if_too_often(state, next_team=suggested, tx=tx)
        case handoff.HandoffCompleted() as done:
            await transfers.end_handoff(tx, case, handoff=done.handoff, outcome="done")
        case handoff.HandoffLapsed(handoff=id_) | handoff.HandoffRecalled(handoff=id_):
            await transfers.end_handoff(tx, case, handoff=id_, outcome="returned")
        case _:
            return
