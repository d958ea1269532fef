"""A claim that was decided, and whose seller appeals, at resolution."""

from typing import Any

from builders_claims import CLAIM, DISPUTE, answered
from builders_contracts import NOON, a_route, an_id, event
from builders_resolution import record_of, said
from chassis.consumer import deliver
from contracts.cases import AppealFiled
from contracts.event import Contract
from contracts.routing import CaseRerouted
from contracts.sealed import SealedValue
from house_resolution import CONSUMER, PEN, House, assigned_to

APPEAL = an_id("apl")


async def decide_all(house: House) -> None:
    """Have mara and sofia decide the three questions of a claim."""
    await house.hear((CLAIM, DISPUTE, a_route(), assigned_to("mara")))
    await answered(house, 3)


async def hear(house: House, fact: Contract, *, sequence: int) -> None:
    record = record_of(event(fact, sequence=sequence, minute=90 + sequence), offset=900 + sequence)
    await deliver([record], to=CONSUMER, engine=house.engine, pen=PEN)


async def decided(house: House) -> dict[str, dict[str, Any]]:
    """Return what was decided last, by type."""
    told = [one.fact for one in await said(house.engine) if one.type == "decision.recorded"]
    return {one["type"]: one for one in told}


async def file(house: House, *types: str, body: SealedValue | None = None) -> None:
    """Let the seller appeal against answers; the case is in its queue again."""
    known = await decided(house)
    filed = AppealFiled(
        appeal=APPEAL,
        decisions=tuple(known[one]["decision"] for one in types),
        ground="new_evidence",
        appeal_by=NOON,
        body=body,
    )
    await hear(house, filed, sequence=2)
    back = CaseRerouted(
        **dict(a_route()),
        previous_queue="verification",
        previous_team="verification",
        reason="appeal",
    )
    await hear(house, back, sequence=4)


async def appeal(house: House, *types: str, body: SealedValue | None = None) -> None:
    """Let the seller appeal against answers, and give the case to jonas."""
    await file(house, *types, body=body)
    taken = assigned_to("jonas").model_copy(update={"assignment": an_id("asg", 2)})
    await hear(house, taken, sequence=5)
