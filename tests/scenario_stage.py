"""A stage for many cases at once: who files, who works them, and what was said in the end."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from scenario_filings import Scenario, filing
from stack.story import files
from stack.story.checks import Teller
from stack.story.first_road import Road
from stack.story.people import Person, Town
from stack.story.topics import Listener, Told, reply
from stack.waiting import until

FRONT_END: Final = "harbour-front-end"
SUPERVISOR: Final = "sofia"
OPERATOR: Final = "olga"
PATIENCE: Final = 150.0
"""Seconds for an event: all cases are on their way at once, maybe on a busy machine."""
TRIES: Final = 10
"""For a refusal: a service that has not heard all yet has waited for two seconds each time."""
WORKS_QUEUE: Final = {
    "account_protection": "aki",
    "appeals": "nora",
    "catalogue_data": "lena",
    "finance_desk": "jonas",
    "high_impact": "nora",
    "incidents": "ian",
    "listings": "lena",
    "orders": "omar",
    "payments": "priya",
    "policy": "nora",
    "reserves": "priya",
    "seller_care": "mara",
    "statutory": "vera",
    "trust": "tomas",
    "verification": "mara",
}
ROUTED: Final = frozenset({"case.routed.v1", "case.triage_required.v1"})


@dataclass(slots=True, kw_only=True)
class Scene:
    """One case on the stage."""

    road: Road
    learnt: dict[str, Any] = field(default_factory=dict)
    """What was answered over HTTP, by a name."""

    @property
    def case(self) -> str:
        return self.road.case

    def someone(self, who: str) -> Person:
        """Let somebody act who has seen all that was heard of the case."""
        self.road.know_what_was_heard()
        return self.road.whoever(who)

    async def post(self, who: str, service: str, path: str, body: object, **more: Any) -> Any:  # noqa: ANN401 - any JSON
        """Post to `/v1/cases/{case}/{path}` and return the answer's JSON."""
        whole = f"/v1/cases/{self.case}/{path}"
        asking = self.someone(who)
        return (await asking.post(service, whole, body, case=self.case, **more)).json()

    async def get(self, who: str, service: str, path: str) -> Any:  # noqa: ANN401 - any JSON
        whole = f"/v1/cases/{self.case}{path}"
        return (await self.someone(who).get(service, whole, case=self.case)).json()

    async def hear(
        self, type_: str, *, count: int = 1, where: Callable[[Told], bool] = lambda _: True
    ) -> list[Told]:
        return await self.road.heard.wait_for(
            self.case, f"{type_}.v1", count=count, where=where, within=PATIENCE
        )

    async def file(self) -> Any:  # noqa: ANN401 - any JSON
        person = self.road.whoever(FRONT_END)
        answer = await person.post("intake", "/v1/cases", self.road.filing, expect=201)
        filed = answer.json()
        self.road.case = filed["id"]
        self.road.town.note(self.case, answer)
        return filed

    async def route(self) -> Told:
        [*_, routed] = await self.hear("case.routed")
        return routed

    async def claim(self, who: str) -> None:
        await self.post(who, "router", "assignment", {"member": who}, expect=201)
        await self.hear("case.assigned")

    async def write(self, who: str, template: str, **parameters: str) -> None:
        body = {"template": template, "parameters": parameters}
        await self.post(who, "resolution", "messages", body, expect=201)
        name = f"{template}@"
        await self.hear(
            "seller.message_sent", where=lambda one: one.payload["template"].startswith(name)
        )

    async def send(self, *kinds: str) -> list[str]:
        """Send a document of each kind, and return their ids."""
        sent = [
            await self.post(
                FRONT_END, "intake", "evidence", None, form=files.document(kind), expect=201
            )
            for kind in kinds
        ]
        await self.hear("evidence.received", count=len(kinds))
        return [one["id"] for one in sent]

    async def settle(self, who: str, *points: str) -> None:
        for point in points:
            await self.post(who, "resolution", f"checklist/{point}", {"outcome": "done"})
        await self.hear("checklist.item_completed", count=len(points))

    async def refused(self, who: str, service: str, path: str, body: object, status: int) -> Any:  # noqa: ANN401 - any JSON
        """Post what must be refused, and return the problem; one that says "later" is none."""
        problem = None
        for _ in range(TRIES):
            problem = await self.post(who, service, path, body, expect=status)
            if problem["code"] != "not-caught-up":
                break
        return problem

    async def hand_over(self, who: str, team: str, payload: Mapping[str, object]) -> Told:
        """Offer the case to a partner team and return the offer as the team hears it."""
        known = len(self.road.heard.of_type(self.case, "partner.handoff_offered.v1"))
        body = {"team": team, "blocking": True, "payload": payload}
        await self.post(who, "handoff", "handoffs", body, expect=201)
        offers = await self.hear("partner.handoff_offered", count=known + 1)
        await self.hear("handoff.requested", count=known + 1)
        return offers[known]

    async def answer(self, offer: Told, said: str, **more: object) -> None:
        """Answer as a partner does, with a plain Kafka client."""
        named = {name: offer.payload[name] for name in ("handoff", "reply_token")}
        await reply(self.road.kafka, **named, reply=said, **more)

    async def letter(self, place: int = -1) -> Any:  # noqa: ANN401 - any JSON
        """Read a letter as the marketplace does when it delivers it."""
        sent = self.road.heard.of_type(self.case, "seller.message_sent.v1")[place]
        path = f"/v1/messages/{sent.payload['message']}"
        asking = self.someone(FRONT_END)
        return (await asking.get("resolution", path, case=self.case)).json()

    async def view(self) -> Any:  # noqa: ANN401 - any JSON
        """Read the working view, after all that was heard."""
        return await self.get(SUPERVISOR, "resolution", "")

    async def walk(self, who: str, answers: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
        """Walk the tree of the case as far as these answers lead."""
        return await self.post(who, "intake", "walk", {"answers": answers})

    async def recheck(self, result: str) -> None:
        """Report as the marketplace does how its new check of the case's subject went."""
        [opened] = await self.hear("case.opened")
        body = {
            "reference": opened.payload["references"][0]["ref"],
            "result": result,
            "checked_at": opened.headers["ce_time"],
        }
        await self.post(FRONT_END, "intake", "rechecks", body, expect=201)
        await self.hear("recheck.reported", where=lambda one: one.payload["result"] == result)

    async def settled(self) -> None:
        """Wait until all was heard that resolution and the SLA monitor make of the route."""
        self.road.know_what_was_heard()
        await self.view()
        await self.clocks()
        for service in ("resolution", "sla-monitor"):
            await self._know_how_far(service)
        await until(self._has_heard_all, within=PATIENCE)

    async def _know_how_far(self, service: str) -> None:
        """Learn how much a service has said of the case: an answer to a reader does not tell."""
        known = self.road.town.positions[self.case]
        path: str | None = "/ops/outbox/heads?limit=200"
        while path:
            page = (await self.road.whoever(OPERATOR).get(service, path)).json()
            for one in page["items"]:
                if one["subject"] == self.case and one["topic"] == "cases.v1":
                    known[service] = max(known.get(service, 0), one["last_sequence"])
                    return
            cursor = page["next"]
            path = f"/ops/outbox/heads?limit=200&cursor={quote(cursor)}" if cursor else None

    async def _has_heard_all(self) -> bool:
        known = self.road.town.positions[self.case]
        heard: dict[str, int] = {}
        for one in self.road.heard.of(self.case):
            if one.topic == "cases.v1":
                heard[one.producer] = max(heard.get(one.producer, 0), one.sequence)
        return all(heard.get(producer, 0) >= sequence for producer, sequence in known.items())

    async def clocks(self) -> Any:  # noqa: ANN401 - any JSON
        return await self.get(SUPERVISOR, "sla-monitor", "/clocks")

    async def status(self) -> Any:  # noqa: ANN401 - any JSON
        """Read what the seller reads."""
        return await self.get(FRONT_END, "intake", "/status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A case after everything happened: what was said of it, and what was answered."""

    case: str
    said: tuple[Told, ...]
    learnt: Mapping[str, Any]

    def all(self, type_: str) -> list[dict[str, Any]]:
        return [one.payload for one in self.said if one.type == f"{type_}.v1"]

    def one(self, type_: str) -> dict[str, Any]:
        [found] = self.all(type_)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A running stack, listened to."""

    town: Town
    heard: Listener
    kafka: str

    def scene(self, body: dict[str, Any]) -> Scene:
        teller = Teller(say=lambda _: None)
        road = Road(town=self.town, heard=self.heard, teller=teller, kafka=self.kafka, filing=body)
        return Scene(road=road)

    async def filed(self, golden: str, *, channel: str = "portal", **facts: Any) -> Scene:  # noqa: ANN401 - any JSON
        """File a golden case and wait for its route."""
        scene = self.scene(filing(golden, channel=channel, **facts))
        await scene.file()
        await scene.route()
        return scene


Journey = Callable[[Play], Awaitable[Scene]]


async def tell(play: Play, scenario: Scenario) -> Scene:
    """
    File a scenario, and let whoever works its queue give the first answer where no letter goes out
    by itself; then learn what each side reads.
    """
    scene = await play.filed(scenario.golden, channel=scenario.channel)
    template, _, _language = scenario.letter.partition("/")
    if scenario.asked:
        await scene.hear("evidence.requested")
        await scene.hear("seller.message_sent")
    elif scenario.by_itself:
        await scene.hear("seller.message_sent")
    else:
        worker = WORKS_QUEUE[scenario.queue]
        await scene.claim(worker)
        await scene.write(worker, template, **scenario.says)
        if scenario.by_hand:
            body = {"kinds": list(scenario.by_hand), "reason": "missing"}
            await scene.post(worker, "resolution", "evidence-requests", body, expect=201)
            await scene.hear("evidence.requested")
    for kind in scenario.clocks:
        await _clock(scene, kind)
    for _ in scenario.called:
        await scene.hear("escalation.raised")
    scene.learnt["view"] = await scene.view()
    scene.learnt["letter"] = await scene.letter(0)
    scene.learnt["status"] = await scene.status()
    scene.learnt["clocks"] = await scene.clocks()
    return scene


async def _clock(scene: Scene, kind: str) -> None:
    await scene.hear("sla.clock_started", where=lambda one: one.payload["kind"] == kind)
