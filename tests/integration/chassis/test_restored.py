"""A producer restored from a backup, over a real Kafka and a real PostgreSQL."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BELLS, BY_TEST, BellRung, a_record, hall, pen_of, rows
from chassis import signing
from chassis.adopting import CannotAdopt, adopt
from chassis.broker import Kafka, Writer
from chassis.cloudevents import RawRecord
from chassis.consumer import deliver
from chassis.door import Pen, open_door
from chassis.outbox import announce
from chassis.relay import publish_some
from chassis.restored import ProducerRestored, Speaker, Standing, find_ahead, keep_looking
from conftest import CHASSIS, EngineFor
from corner import corner_of, stands_in
from stack.kafka import Kafka as Broker
from stack.waiting import until

PORCH = pen_of("porch")
HEADS = "select subject, last_sequence from stream_head order by subject"


@pytest.fixture
async def kafka(broker: Broker) -> Kafka:
    return await corner_of(broker, BELLS)


def speaker(engine: AsyncEngine, kafka: Kafka) -> Speaker:
    return Speaker(service="porch", signer=PORCH.signer, engine=engine, kafka=kafka)


async def ring(engine: AsyncEngine, *subjects: str, pen: Pen = PORCH) -> None:
    for subject in subjects:
        async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
            announce(tx, BellRung(), subject=subject, marketplace="harbour")


async def publish_all(engine: AsyncEngine, kafka: Kafka) -> None:
    async with kafka.writer() as writer:
        while await publish_some(engine, writer):
            pass


async def forget(engine: AsyncEngine, **heads: int) -> None:
    """Bring the database back to what it was when its streams had come so far."""
    async with engine.begin() as connection:
        for subject, head in heads.items():
            given = {"subject": subject, "head": head}
            for statement in _FORGET:
                await connection.execute(text(statement), given)


_FORGET = (
    """delete from outbox_sent using outbox
    where outbox.id = outbox_sent.id and subject = :subject and sequence > :head""",
    """delete from outbox_pending using outbox
    where outbox.id = outbox_pending.id and outbox.subject = :subject and sequence > :head""",
    "delete from outbox where subject = :subject and sequence > :head",
    "delete from stream_head where subject = :subject and :head = 0",
    """update stream_head set last_sequence = :head, last_time = (
        select created_at from outbox where subject = :subject and sequence = :head
    ) where subject = :subject""",
)


class TestFindAhead:
    async def test_finds_nothing_in_a_service_that_has_lost_nothing(
        self, engine: AsyncEngine, kafka: Kafka
    ) -> None:
        await ring(engine, "a", "a", "b")
        await publish_all(engine, kafka)
        await ring(engine, "a")

        assert await find_ahead(speaker(engine, kafka)) == {}

    @pytest.mark.fault(113)
    async def test_finds_what_the_topic_has_and_the_database_has_not(
        self, engine: AsyncEngine, kafka: Kafka
    ) -> None:
        await ring(engine, "a", "a", "a", "b", "c")
        await publish_all(engine, kafka)
        await forget(engine, a=1, c=0)

        ahead = await find_ahead(speaker(engine, kafka))

        assert ahead == {(BELLS, "a"): 3, (BELLS, "c"): 1}

    async def test_believes_only_what_the_service_has_signed(
        self, engine: AsyncEngine, kafka: Kafka
    ) -> None:
        """Otherwise a record in its name would be enough to silence a service."""
        await ring(engine, "a")
        await publish_all(engine, kafka)
        forged = a_record(BellRung(), sequence=9, about="a")
        signed = signing.sign_headers(forged.headers, b"another fact", PORCH.signer)
        async with kafka.writer() as writer:
            for headers in (forged.headers, signed):
                await send(writer, replace(forged, headers=headers))

        assert await find_ahead(speaker(engine, kafka)) == {}


async def send(writer: Writer, record: RawRecord) -> None:
    await writer.send(
        record.topic, key=record.key or b"", value=record.value or b"", headers=record.headers
    )


class TestStanding:
    @pytest.mark.fault(113)
    async def test_refuses_to_say_anything_and_says_why(
        self, engine: AsyncEngine, kafka: Kafka
    ) -> None:
        standing, stopping = Standing(), asyncio.Event()
        await ring(engine, "a", "a")
        await publish_all(engine, kafka)
        await forget(engine, a=1)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_looking(standing, speaker(engine, kafka), stopping=stopping))
            await until(lambda: _is_behind(standing), within=20)
            with pytest.raises(ProducerRestored):
                await ring(engine, "a", pen=replace(PORCH, permit=standing.permit))
            stopping.set()

        assert "bells.v1 a, which has come to 2" in (await standing.ask() or "")
        assert not standing.known.is_set()
        assert await rows(engine, HEADS) == [("a", 1)]

    async def test_lets_a_service_speak_that_has_lost_nothing(
        self, engine: AsyncEngine, kafka: Kafka
    ) -> None:
        standing, stopping = Standing(), asyncio.Event()
        stopping.set()

        await keep_looking(standing, speaker(engine, kafka), stopping=stopping)
        await ring(engine, "a", pen=replace(PORCH, permit=standing.permit))

        assert standing.known.is_set()
        assert await standing.ask() is None

    @pytest.mark.fault(113)
    async def test_if_forced_raises_an_alarm_in_every_consumer(
        self, engine_for: EngineFor, kafka: Kafka
    ) -> None:
        porch, *others = [await engine_for(CHASSIS) for _ in range(3)]
        await ring(porch, "a", "a")
        await publish_all(porch, kafka)
        for other in others:
            await deliver(
                await stands_in(kafka, BELLS), to=hall(), engine=other, pen=pen_of("hall")
            )
        await forget(porch, a=1)
        standing, stopping = Standing(forced=True), asyncio.Event()
        stopping.set()

        await keep_looking(standing, speaker(porch, kafka), stopping=stopping)
        await ring(porch, "a", pen=replace(PORCH, permit=standing.permit))
        await publish_all(porch, kafka)
        news = (await stands_in(kafka, BELLS))[-1:]
        outcomes = [
            await deliver(news, to=hall(), engine=other, pen=pen_of("hall")) for other in others
        ]

        assert [outcome.conflicts for outcome in outcomes] == [1, 1]


async def _is_behind(standing: Standing) -> bool:
    return standing.behind is not None


class TestAdopt:
    async def test_takes_back_what_was_forgotten_and_numbers_on(
        self, engine: AsyncEngine, kafka: Kafka
    ) -> None:
        await ring(engine, "a", "a", "a", "b")
        await publish_all(engine, kafka)
        before = await everything(engine)
        await forget(engine, a=1, b=0)

        assert await adopt(speaker(engine, kafka)) == 3
        assert await adopt(speaker(engine, kafka)) == 0

        assert await everything(engine) == before
        assert await find_ahead(speaker(engine, kafka)) == {}
        await ring(engine, "a")
        assert await rows(engine, HEADS) == [("a", 4), ("b", 1)]

    async def test_does_not_number_on_over_a_hole(self, engine: AsyncEngine, kafka: Kafka) -> None:
        await ring(engine, "a", "a", "a")
        async with engine.begin() as connection:
            await connection.execute(text("delete from outbox_pending where id = 2"))
        await publish_all(engine, kafka)
        await forget(engine, a=1)

        with pytest.raises(CannotAdopt, match="a: 2 is nowhere"):
            await adopt(speaker(engine, kafka))

        assert await rows(engine, HEADS) == [("a", 1)]


async def everything(engine: AsyncEngine) -> Mapping[str, object]:
    asked = {
        "outbox": "select event_id, topic, subject, sequence, key, headers, payload, created_at"
        " from outbox order by subject, sequence",
        "sent": "select subject, sequence, kafka_partition, kafka_offset from outbox_sent"
        " join outbox using (id) order by 1, 2",
        "heads": "select * from stream_head order by subject",
    }
    return {name: await rows(engine, query) for name, query in asked.items()}
