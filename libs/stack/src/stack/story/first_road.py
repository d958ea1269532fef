"""Scenario E1: a ceramics seller's payout is held because a registration is out of date."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from stack.story import files
from stack.story.checks import Teller
from stack.story.people import Person, Town
from stack.story.topics import Listener, Told, reply

DOCUMENTS = ("business_registration", "proof_of_address")

BeforeStep = Callable[[str], Awaitable[None]]


async def nothing(_step: str) -> None:
    """Do nothing before a step; tests kill services here."""


@dataclass(slots=True, kw_only=True)
class Road:
    """One case on its way: who acts, what is heard, and what was learnt so far."""

    town: Town
    heard: Listener
    teller: Teller
    kafka: str
    filing: dict[str, Any]
    before: BeforeStep = nothing
    case: str = ""
    evidence: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def whoever(self, identity: str) -> Person:
        return self.town.whoever(identity)

    @property
    def payout_ref(self) -> str:
        ref: str = self.filing["facts"]["payout_ref"]
        return ref

    def know_what_was_heard(self) -> set[str]:
        """Ask from now on for all that was heard so far; return the ids of those events."""
        heard = [one for one in self.heard.of(self.case) if one.topic == "cases.v1"]
        known = self.town.positions.setdefault(self.case, {})
        for one in heard:
            known[one.producer] = max(known.get(one.producer, 0), one.sequence)
        return {one.id for one in heard}

    async def event(self, type_: str, *, count: int = 1) -> list[Told]:
        """Wait for events of this case, and tell each that was not told yet."""
        return (await self.events(type_, count=count))[type_]

    async def events(self, *types: str, count: int = 1) -> dict[str, list[Told]]:
        """Wait for so many events of each type, and tell them in the order of their time."""
        found = {
            type_: await self.heard.wait_for(self.case, f"{type_}.v1", count=count)
            for type_ in types
        }
        new = [one for told in found.values() for one in told if one.id not in self.told]
        for one in sorted(new, key=lambda one: one.at):
            self.teller.event(one)
        self.told |= {one.id for one in new}
        return found


async def walk(road: Road) -> None:
    """Walk steps 1 to 10, from the filing to the decision."""
    for step in (file_case, hear_route, hear_questions, send_documents, claim):
        await road.before(step.__name__)
        await step(road)
    for later in (judge, hand_over, answer_as_finance, decide):
        await road.before(later.__name__)
        await later(road)


async def file_case(road: Road) -> None:
    road.teller.chapter(f"A payout is held: {road.filing['external_ref']}")
    answer = await road.whoever("harbour-front-end").post(
        "intake", "/v1/cases", road.filing, expect=201
    )
    filed = answer.json()
    road.case = filed["id"]
    road.town.note(road.case, answer)
    road.teller.check(
        filed["status"] == "opened" and filed["merged"] is False,
        f"filed as {road.case}, pinned to {filed['playbook']}",
    )
    [opened] = await road.event("case.opened")
    told = opened.raw.decode()
    words = (road.filing["description"], road.filing["subject"], road.filing["seller"]["ref"])
    road.teller.check(
        not any(word in told for word in words), "what the seller wrote travels sealed"
    )


async def hear_route(road: Road) -> None:
    found = await road.events("case.classified", "case.routed")
    [classified], [routed] = found["case.classified"], found["case.routed"]
    road.teller.check(
        classified.payload["issue_type"] == "payout_hold"
        and classified.payload["signals"]["financial"] == "medium"
        and classified.payload["authority_level"] == 2,  # noqa: PLR2004 - the playbook's
        f"classified as payout_hold, financial risk medium, by {classified.payload['method']}",
    )
    road.teller.check(
        routed.payload["queue"] == "verification" and bool(routed.payload["predicates"]),
        f"routed to verification by rule {routed.payload['rule']}, each predicate on record",
    )


async def hear_questions(road: Road) -> None:
    [requested] = await road.event("evidence.requested")
    await road.event("seller.message_sent")
    kinds = [item["kind"] for item in requested.payload["items"]]
    road.teller.check(
        sorted(kinds) == sorted(DOCUMENTS),
        f"asked for exactly {' and '.join(sorted(kinds))}; the ID on file is not asked for",
    )
    met = await road.heard.wait_for(road.case, "sla.met.v1", count=2)
    road.teller.check(
        {one.payload["kind"] for one in met} >= {"acknowledge", "first_response"},
        "the first answer asks and gives the next date: both clocks met",
    )
    await expect_status(road, "waiting_seller")


async def send_documents(road: Road) -> None:
    """Send both documents, as the seller itself."""
    seller = road.whoever("seller-clay-and-co")
    for kind in DOCUMENTS:
        answer = await seller.post(
            "intake",
            f"/v1/cases/{road.case}/evidence",
            form=files.document(kind),
            case=road.case,
            expect=201,
        )
        road.evidence[kind] = answer.json()["id"]
    received = await road.event("evidence.received", count=2)
    road.teller.check(len(received) == len(DOCUMENTS), "both documents received, encrypted at rest")
    await expect_status(road, "queued")


async def claim(road: Road) -> None:
    await road.whoever("mara").post(
        "router",
        f"/v1/cases/{road.case}/assignment",
        {"member": "mara"},
        case=road.case,
        expect=201,
    )
    [assigned] = await road.event("case.assigned")
    road.teller.check(bool(assigned.payload["lead"]), "mara takes the case and leads it")
    await expect_status(road, "in_progress")


async def judge(road: Road) -> None:
    mara = road.whoever("mara")
    for kind, evidence in road.evidence.items():
        dated = {"issued_on": "2026-11-02"}
        if kind == "business_registration":
            dated["valid_until"] = "2027-10-31"
        await mara.post(
            "resolution",
            f"/v1/cases/{road.case}/evidence/{evidence}/judgement",
            {"outcome": "accepted", **dated},
            case=road.case,
        )
    await road.events("evidence.accepted", "checklist.item_completed", count=2)
    view = (await mara.get("resolution", f"/v1/cases/{road.case}", case=road.case)).json()
    next_action = view["next_best_action"]
    road.teller.check(next_action["verb"] == "hand_off", f"next best action: {next_action['why']}")


async def hand_over(road: Road) -> None:
    mara, path = road.whoever("mara"), f"/v1/cases/{road.case}/handoffs"
    refused = await mara.post(
        "handoff",
        f"{path}?dry_run=true",
        files.handoff(road.payout_ref, hold_code=None),
        case=road.case,
        expect=422,
    )
    pointers = [one["pointer"] for one in refused.json()["errors"]]
    road.teller.check(
        pointers == ["/payload/hold_code"], f"an incomplete handoff is refused: {pointers}"
    )
    body = files.handoff(road.payout_ref)
    tried = await mara.post("handoff", f"{path}?dry_run=true", body, case=road.case)
    road.teller.check("already_checked" in tried.json()["payload"], "a dry run shows all of it")
    await mara.post("handoff", path, body, case=road.case, expect=201)
    await road.event("handoff.requested")
    await expect_status(road, "waiting_partner")


async def answer_as_finance(road: Road) -> None:
    """Answer with nothing but a plain Kafka client, the topic and the offer's token."""
    [offer] = await road.heard.wait_for(road.case, "partner.handoff_offered.v1")
    road.teller.event(offer)
    named = {name: offer.payload[name] for name in ("handoff", "reply_token")}
    await reply(road.kafka, **named, reply="accepted")
    await road.event("handoff.accepted")
    result = {"payout_released": True}
    await reply(road.kafka, **named, reply="completed", result=result)
    [completed] = await road.event("handoff.completed")
    road.teller.check(
        completed.payload["result"] == result, "finance releases the payout, over Kafka alone"
    )
    await expect_status(road, "in_progress")


async def decide(road: Road) -> None:
    await road.whoever("mara").post(
        "resolution",
        f"/v1/cases/{road.case}/decisions",
        files.decision(list(road.evidence.values())),
        case=road.case,
        expect=201,
    )
    await road.event("decision.recorded")
    [*_, last] = await road.event("seller.message_sent", count=2)
    await road.event("case.resolved")
    road.teller.check(last.payload["kind"] == "decision", "the decision is explained in a letter")
    await expect_status(road, "resolved")


async def expect_status(road: Road, status: str) -> None:
    """Read the working view, with all that this road has heard of the case."""
    reader = road.whoever("sofia")
    road.know_what_was_heard()
    view = (await reader.get("resolution", f"/v1/cases/{road.case}", case=road.case)).json()
    road.teller.check(
        view["status"] == status, f"status {view['status']}, waiting on {view['waiting_on']}"
    )
