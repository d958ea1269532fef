"""An event gets lost between Kafka and the log: it is asked for, and takes its place."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.clients import HeadsPage, Lines
from audit.clock import Reconciler, Repair, reconciling, repairing, sequencing
from audit.consumers import sink
from builders_audit import PEN, PUBLIC_KEYS, SIGNERS, RunningLog
from chassis.broker import Kafka
from chassis.clock import keep_performing
from chassis.cloudevents import RawRecord
from chassis.door import Journey, Pen, Tx, open_door
from chassis.draining import ProducerSilent
from chassis.lease import Lease
from chassis.outbox import announce
from chassis.outcome import Gap
from chassis.reading import Reading
from chassis.relay import Relay
from chassis.subscriptions import Sink
from conftest import EngineFor
from contracts.catalogue import TOPICS
from contracts.routing import MemberEnrolled
from porch import Porch, open_porch
from stack.kafka import Kafka as Broker
from stack.topics import create_topics
from stack.waiting import until

WITHIN = 60.0
MEMBER = "mem_01m80000000000000000000000"
ROUTER = Pen(service="router", signer=SIGNERS["router"])
REPAIRS_EVERY = timedelta(milliseconds=300)


@dataclass(slots=True, kw_only=True)
class Road:
    """From a producer's outbox through Kafka into the log, with a hole where records get lost."""

    log: RunningLog
    porch: Porch
    kafka: Kafka
    lost: set[int] = field(default_factory=set)
    """Sequences that the ingester loses, once each."""
    silent: bool = False
    patience: timedelta = timedelta(minutes=15)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, count: int) -> None:
        """Let the producer say so many things about one member."""
        for _ in range(count):
            journey = Journey(actor="service:router")
            async with open_door(self.producer, pen=ROUTER, journey=journey) as tx:
                fact = MemberEnrolled(
                    member=MEMBER,
                    marketplaces=("harbour",),
                    roles=("agent",),
                    authority=1,
                    capacity=5,
                )
                announce(tx, fact, subject=MEMBER)

    @property
    def producer(self) -> AsyncEngine:
        return self.porch.desk.engine

    def leaking(self) -> Sink:
        whole = sink(keys=lambda: PUBLIC_KEYS, signer=lambda: SIGNERS["audit"])

        async def store(records: Sequence[RawRecord], /, *, tx: Tx) -> None:
            kept = [one for one in records if int(one.headers["ce_sequence"]) not in self.lost]
            self.lost -= {int(one.headers["ce_sequence"]) for one in records}
            await whole.store(kept, tx=tx)

        return Sink(name=whole.name, topics=whole.topics, store=store, role=whole.role)

    @asynccontextmanager
    async def lines(self) -> AsyncIterator[Lines]:
        yield Lines(ask=self.ask, heads=self.heads)

    async def ask(self, gap: Gap) -> None:
        if self.silent:
            raise ProducerSilent("away")
        wanted = {"topic": gap.topic, "subject": gap.subject, "from_sequence": gap.from_sequence}
        headers = self.porch.as_("service-audit") | {"idempotency-key": uuid4().hex}
        answer = await self.porch.client.post("/ops/outbox/republish", json=wanted, headers=headers)
        assert answer.status_code == 200, answer.text

    async def heads(self, _producer: str, cursor: str | None) -> HeadsPage:
        answer = await self.porch.client.get(
            "/ops/outbox/heads",
            params={"cursor": cursor} if cursor else {},
            headers=self.porch.as_("service-audit"),
        )
        return HeadsPage.model_validate_json(answer.content)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        relay = Relay(
            engine=self.producer,
            kafka=self.kafka,
            lease=Lease(engine=self.producer, name="relay"),
            stopping=self.stopping,
        )
        reading = Reading(
            to=self.leaking(),
            engine=self.log.engine,
            pen=PEN,
            kafka=self.kafka,
            stopping=self.stopping,
            changed=lambda _subject: None,
        )
        duties = (
            sequencing(signer=lambda: SIGNERS["audit"], patience=self.patience),
            repairing(Repair(producers=self.lines), every=REPAIRS_EVERY),
        )
        keep = partial(keep_performing, engine=self.log.engine, pen=PEN, stopping=self.stopping)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(relay.run())
            tasks.create_task(reading.run())
            for duty in duties:
                tasks.create_task(keep(duty))
            try:
                yield
            finally:
                self.stopping.set()

    async def reconcile(self) -> None:
        """Hold what the producer says against the log; what it said was said long ago."""
        async with self.producer.begin() as connection:
            await connection.exec_driver_sql(
                "update stream_head set last_time = last_time - interval '1 day'"
            )
        reconciler = Reconciler(lines=self.lines, producers=["router"], every=timedelta(days=1))
        keep = partial(keep_performing, engine=self.log.engine, pen=PEN, stopping=asyncio.Event())
        turning = asyncio.create_task(keep(reconciling(reconciler)))
        try:
            await until(partial(_has_asked, reconciler), within=WITHIN)
        finally:
            turning.cancel()
            await asyncio.wait([turning])

    async def have_arrived(self, *sequences: int) -> None:
        async def arrived() -> bool:
            return await self.order() == list(sequences)

        await until(arrived, within=WITHIN)

    async def order(self) -> list[int]:
        query = "select sequence from leaves where producer = 'router' order by idx"
        return [row[0] for row in await self.log.rows(query)]


async def _has_asked(reconciler: Reconciler) -> bool:
    return reconciler.asked_for > 0


@pytest.fixture
async def road(
    log: RunningLog, engine_for: EngineFor, broker: Broker, tmp_path: Path
) -> AsyncIterator[Road]:
    prefix = f"t{uuid4().hex[:8]}."
    await create_topics(broker.address, topics=TOPICS, prefix=prefix)
    kafka = Kafka(servers=broker.address, prefix=prefix)
    async with open_porch(await engine_for("chassis"), tmp_path) as porch:
        yield Road(log=log, porch=porch, kafka=kafka)


class TestALostEvent:
    @pytest.mark.covers("AU-1", "AU-3")
    @pytest.mark.fault(70)
    async def test_is_asked_for_and_takes_its_place(self, road: Road) -> None:
        road.lost = {2, 4}
        async with road.at_work():
            await road.say(5)

            await road.have_arrived(1, 2, 3, 4, 5)

        assert await road.log.rows("select * from gaps") == []
        assert await road.log.rows("select * from streams where held_since is not null") == []

    @pytest.mark.fault(70)
    async def test_that_was_the_last_of_its_subject_is_found_by_reconciling(
        self, road: Road
    ) -> None:
        road.lost = {3}
        async with road.at_work():
            await road.say(3)
            await road.have_arrived(1, 2)

            await road.reconcile()

            await road.have_arrived(1, 2, 3)

    @pytest.mark.fault(70)
    async def test_of_a_silent_producer_is_named_missing_and_appended_when_it_comes(
        self, road: Road
    ) -> None:
        road.lost, road.silent, road.patience = {2}, True, timedelta(seconds=1)
        async with road.at_work():
            await road.say(4)
            await road.have_arrived(1, 3, 4)
            ((payload,),) = await road.log.rows(
                "select payload from bodies join leaves using (idx) where producer = 'audit'"
            )
            road.silent = False

            await road.reconcile()

            await road.have_arrived(1, 3, 4, 2)
        fact = orjson.loads(payload)
        assert (fact["gap_subject"], fact["first_missing"], fact["last_missing"]) == (MEMBER, 2, 2)
        gaps = await road.log.rows(
            "select sequence, late_idx = (select max(idx) from leaves) from gaps"
        )
        assert gaps == [(2, True)]
