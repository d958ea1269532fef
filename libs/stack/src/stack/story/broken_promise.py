"""The variant: both documents are there, and nobody takes the case. On the demonstration clock."""

from stack.story.checks import count_types, gaps
from stack.story.first_road import (
    Road,
    file_case,
    hear_questions,
    hear_route,
    send_documents,
)


async def walk_broken_promise(road: Road) -> None:
    """File at a demonstration marketplace, send the documents, wait for the breach."""
    for step in (file_case, hear_route, hear_questions, send_documents):
        await road.before(step.__name__)
        await step(road)
    await _hear_breach(road)
    await _acknowledge_and_claim(road)


async def _hear_breach(road: Road) -> None:
    """Wait for the event, never for time."""
    [breached] = await road.event("sla.breached")
    [raised] = await road.event("escalation.raised")
    road.teller.check(
        breached.payload["kind"] == "resolution"
        and breached.payload["due_at"] <= breached.payload["detected_at"],
        "the resolution promise is broken, with its true due time (demonstration clock)",
    )
    road.teller.check(
        raised.payload["level"] == 2 and bool(raised.payload.get("target_member")),  # noqa: PLR2004 - the ladder's
        f"escalated to level 2: {raised.payload['target_role']}",
    )


async def _acknowledge_and_claim(road: Road) -> None:
    jonas = road.whoever("jonas")
    [raised] = road.heard.of_type(road.case, "escalation.raised.v1")
    escalation = raised.payload["escalation"]
    await jonas.post("sla-monitor", f"/v1/escalations/{escalation}/acknowledgement", case=road.case)
    [acknowledged] = await road.event("escalation.acknowledged")
    road.teller.check(
        acknowledged.payload["member"] == raised.payload["target_member"], "jonas acknowledges"
    )
    await jonas.post(
        "router",
        f"/v1/cases/{road.case}/assignment",
        {"member": "jonas"},
        case=road.case,
        expect=201,
    )
    await road.event("case.assigned")
    events = [one for one in road.heard.of(road.case) if one.topic == "cases.v1"]
    counted = count_types(events)
    road.teller.check(
        (counted["sla.breached"], counted["escalation.raised"]) == (1, 1),
        "one breach and one escalation, no more",
    )
    road.teller.check(not gaps(events), "every producer counts 1, 2, 3 … without a gap")
