"""A case of which the first that comes is not its opening, against a real PostgreSQL."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, pen_of, rows, written
from builders_contracts import CASE, a_case_opened
from chassis import views
from chassis.cloudevents import RawRecord
from chassis.consumer import Consumer, Gap, deliver, subscribe
from chassis.door import Tx, open_door
from chassis.draining import drain_due
from chassis.outbox import announce
from chassis.taking import Reader
from contracts.cases import CaseOpened
from contracts.event import Event
from contracts.routing import CaseTriageRequired

EngineFor = Callable[[str], Awaitable[AsyncEngine]]
HANDOFF = pen_of("handoff")
LISTENER = Consumer(name="handoff", topics=("cases.v1",))
OPENING = Gap(producer="intake", topic="cases.v1", subject=CASE, from_sequence=1)


async def triage(_event: Event[CaseOpened], /, *, tx: Tx) -> None:
    announce(tx, CaseTriageRequired(reason="unclear", confidence=0.1), subject=CASE)


async def opening_and_triage(engine_for: EngineFor) -> tuple[RawRecord, RawRecord]:
    """Return intake's and router's first words about a case."""
    intake, router = await engine_for("chassis"), await engine_for("chassis")
    async with open_door(intake, pen=pen_of("intake"), journey=BY_TEST) as tx:
        announce(tx, a_case_opened(), subject=CASE, marketplace="harbour", playbook="p@1.0.0")
    [opened] = await written(intake)
    classifier = Consumer(
        name="router", topics=("cases.v1",), subscriptions=(subscribe(CaseOpened, triage),)
    )
    await deliver([opened], to=classifier, engine=router, pen=pen_of("router"))
    [asked] = await written(router)
    return replace(opened, offset=9), replace(asked, offset=1)


async def status_of(engine: AsyncEngine) -> str | None:
    async with open_door(engine, pen=HANDOFF, journey=BY_TEST) as tx:
        state = await views.find(tx, CASE)
    return state.status if state else None


async def drain(engine: AsyncEngine) -> list[Gap]:
    asked: list[Gap] = []

    async def ask(gap: Gap) -> None:
        asked.append(gap)

    await drain_due(by=Reader(to=LISTENER, engine=engine, pen=HANDOFF), ask=ask)
    return asked


class TestDeliver:
    async def test_asks_for_the_opening_and_goes_on_when_it_comes(
        self, engine_for: EngineFor
    ) -> None:
        opened, asked = await opening_and_triage(engine_for)
        engine = await engine_for("chassis")
        await deliver([asked], to=LISTENER, engine=engine, pen=HANDOFF)

        assert await drain(engine) == [OPENING]

        await deliver([opened], to=LISTENER, engine=engine, pen=HANDOFF)
        assert await status_of(engine) == "triage"
        assert await rows(engine, "select blocked from inbox_subject") == [(False,)]

    async def test_does_not_ask_for_an_opening_that_has_come_and_failed(
        self, engine_for: EngineFor
    ) -> None:
        opened, asked = await opening_and_triage(engine_for)
        engine = await engine_for("chassis")
        broken = replace(opened, value=b"{")
        await deliver([asked, broken], to=LISTENER, engine=engine, pen=HANDOFF)
        async with engine.begin() as connection:
            await connection.execute(text("update parked_event set next_attempt_at = now()"))

        assert await drain(engine) == []
        states = "select reason, state from parked_event order by src_offset"
        assert await rows(engine, states) == [("gap", "waiting"), ("failed", "dead")]
