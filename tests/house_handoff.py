"""Handoff's house, with a case that mara works, and partners who answer."""

import json
from typing import Any

from builders_contracts import CASE, an_id
from builders_resolution import CLAIMED, the_playbook
from chassis.cloudevents import RawRecord
from chassis.consumer import Outcome, deliver
from contracts.event import Contract
from contracts.routing import CaseAssigned
from handoff.api import ROUTERS
from handoff.api.problems import PROBLEMS
from handoff.consumers import handoff_consumer
from identities import MEMBERS
from service_house import House, Plan

PLAYBOOKS = {the_playbook().pin: the_playbook()}
PLAN = Plan(
    name="handoff",
    routers=ROUTERS,
    problems=PROBLEMS,
    consumer=handoff_consumer(PLAYBOOKS),
    state={"playbooks": PLAYBOOKS},
)
OWN = {
    "payout_refs": ["PO-88121"],
    "amount": {"amount_minor": 184050, "currency": "GBP"},
    "hold_code": "verification_expired",
}
PATH = f"/v1/cases/{CASE}/handoffs"


def mara_has_it() -> tuple[Contract, ...]:
    assigned = CaseAssigned(
        assignment=an_id("asg"),
        member=MEMBERS["mara"],
        team="verification",
        queue="verification",
        lead=True,
    )
    return (*CLAIMED[:-1], assigned)


def a_body(**changes: object) -> dict[str, Any]:
    return {"team": "finance", "blocking": True, "payload": OWN, **changes}


async def offered(house: House) -> dict[str, Any]:
    """Hand the case to finance, and return the offer as finance reads it."""
    answer = await house.post(PATH, a_body(), by="mara")
    assert answer.status_code == 201, answer.text
    return next(one.fact for one in await house.said() if one.type == "partner.handoff_offered")


def a_record(value: bytes | None, *, offset: int = 0, event_id: str | None = None) -> RawRecord:
    return RawRecord(
        topic="handoff-replies.v1",
        partition=2,
        offset=offset,
        key=None,
        headers={"ce_id": event_id, "ce_source": "/finance"} if event_id else {},
        value=value,
        timestamp_ms=0,
    )


async def answer(house: House, *, offset: int = 0, **said: object) -> Outcome:
    """Answer as a partner does: JSON on the topic, nothing else."""
    return await reply_raw(house, json.dumps(said).encode(), offset=offset)


async def reply_raw(
    house: House, value: bytes | None, *, offset: int = 0, event_id: str | None = None
) -> Outcome:
    record = a_record(value, offset=offset, event_id=event_id)
    return await deliver([record], to=PLAN.consumer, engine=house.engine, pen=PLAN.pen)


def signed(offer: dict[str, Any], **said: object) -> dict[str, Any]:
    return {"handoff": offer["handoff"], "reply_token": offer["reply_token"], **said}


async def of_handoff(house: House) -> list[str]:
    return [name for name in await house.types() if name.startswith("handoff.")]


async def rejected(house: House) -> list[dict[str, Any]]:
    return [one.fact for one in await house.said() if one.type == "partner.reply_rejected"]
