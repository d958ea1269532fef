"""The relay, against a real PostgreSQL and a Kafka that does what a test says."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, BellRung, pen_of, rows
from chassis import failpoint
from chassis.broker import BrokerAway, Writer
from chassis.door import Tx, open_door, run
from chassis.outbox import announce
from chassis.relay import publish_some, purge, republish

PORCH = pen_of("porch")
PENDING = "select subject, attempts from outbox_pending order by id"


@dataclass(slots=True)
class Topics:
    """Has the producer's `send`; keeps what it is given, and fails where it is told to."""

    sent: list[tuple[str, str, int]] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)
    fails: dict[bytes, Exception] = field(default_factory=dict)
    answers: Callable[[], Awaitable[None]] | None = None

    async def send(
        self, topic: str, *, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> "asyncio.Future[SimpleNamespace]":
        sequence = int(dict(headers)["ce_sequence"])
        placed: asyncio.Future[SimpleNamespace] = asyncio.get_running_loop().create_future()
        if error := self.fails.get(key):
            placed.set_exception(error)
            return placed
        if self.answers:
            await self.answers()
        self.sent.append((topic, key.decode(), sequence))
        self.values.append(value)
        placed.set_result(SimpleNamespace(partition=0, offset=len(self.sent)))
        return placed

    async def partitions_for(self, _topic: str) -> set[int]:
        return {0}

    def create_batch(self) -> "Batch":
        return Batch()

    async def send_batch(
        self, batch: "Batch", topic: str, *, partition: int
    ) -> "asyncio.Future[SimpleNamespace]":
        assert partition == 0
        self.alone.append(batch.record["key"].decode())
        return await self.send(topic, **batch.record)

    def writer(self, *, prefix: str = "") -> Writer:
        return Writer(producer=self, prefix=prefix)


@dataclass(slots=True)
class Batch:
    """What the producer sends by itself."""

    record: dict[str, Any] = field(default_factory=dict)

    def append(self, *, timestamp: None, **record: object) -> None:
        assert not self.record
        assert timestamp is None
        self.record = record

    def close(self) -> None:
        """Take no more."""


async def ring(engine: AsyncEngine, *subjects: str, topic: str | None = None) -> None:
    async with open_door(engine, pen=PORCH, journey=BY_TEST) as tx:
        for subject in subjects:
            announce(tx, BellRung(), subject=subject, topic=topic)


async def publish_all(engine: AsyncEngine, topics: Topics) -> None:
    while await publish_some(engine, topics.writer()):
        pass


class TestPublishSome:
    async def test_publishes_each_subject_in_order(self, engine: AsyncEngine) -> None:
        await ring(engine, "a", "b", "a")
        await ring(engine, "a")
        topics = Topics()

        await publish_all(engine, topics)

        assert [place for place in topics.sent if place[1] == "a"] == [
            ("bells.v1", "a", 1),
            ("bells.v1", "a", 2),
            ("bells.v1", "a", 3),
        ]
        assert await rows(engine, PENDING) == []
        assert await rows(engine, "select count(*) from outbox_sent") == [(4,)]

    async def test_keeps_the_order_of_a_subject_across_topics(self, engine: AsyncEngine) -> None:
        await ring(engine, "a", topic="facts.v1")
        await ring(engine, "a", topic="offers.v1")
        topics = Topics()

        await publish_some(engine, topics.writer())
        assert topics.sent == [("facts.v1", "a", 1)]

        await publish_some(engine, topics.writer())
        assert topics.sent[1:] == [("offers.v1", "a", 1)]

    async def test_puts_the_prefix_before_the_topic(self, engine: AsyncEngine) -> None:
        await ring(engine, "a")
        topics = Topics()

        await publish_some(engine, topics.writer(prefix="shared."))

        assert topics.sent == [("shared.bells.v1", "a", 1)]

    @pytest.mark.fault(21)
    async def test_finds_what_commits_later_with_a_lower_id(self, engine: AsyncEngine) -> None:
        topics = Topics()
        async with open_door(engine, pen=PORCH, journey=BY_TEST) as slow:
            await slow.scalar(text("select nextval(pg_get_serial_sequence('outbox', 'id'))"))
            async with engine.connect() as connection:
                transaction = await connection.begin()
                await connection.execute(text(_ROW.format(id=10, subject="slow")))
                await connection.execute(
                    text("insert into outbox_pending values (10, 't', 'slow')")
                )
                await ring(engine, "fast")
                await publish_all(engine, topics)
                assert [subject for _, subject, _ in topics.sent] == ["fast"]
                await transaction.commit()

        await publish_all(engine, topics)

        assert [subject for _, subject, _ in topics.sent] == ["fast", "slow"]

    async def test_holds_back_the_subject_of_what_kafka_refuses_and_no_other(
        self, engine: AsyncEngine
    ) -> None:
        await ring(engine, "big", "big", "a")
        topics = Topics(fails={b"big": MessageSizeTooLargeError()})

        await publish_some(engine, topics.writer())
        await publish_some(engine, topics.writer())

        assert topics.sent == [("bells.v1", "a", 1)]
        assert await rows(engine, PENDING) == [("big", 2), ("big", 0)]

    async def test_sends_what_was_refused_in_company_alone_and_at_once(
        self, engine: AsyncEngine
    ) -> None:
        await ring(engine, "big", "small")
        topics = Topics(
            fails={b"big": MessageSizeTooLargeError(), b"small": MessageSizeTooLargeError()}
        )
        await publish_some(engine, topics.writer())
        del topics.fails[b"small"]

        await publish_some(engine, topics.writer())

        assert topics.alone == ["big", "small"]
        assert topics.sent == [("bells.v1", "small", 1)]

    async def test_is_not_kept_from_news_by_what_is_refused(self, engine: AsyncEngine) -> None:
        """Six hundred that are due again would have filled a round of five hundred."""
        await ring(engine, *(f"big-{n}" for n in range(600)))
        async with engine.begin() as connection:
            await connection.execute(text("update outbox_pending set attempts = 1"))
        await ring(engine, "a")
        topics = Topics()

        await publish_some(engine, topics.writer())

        assert topics.sent[0] == ("bells.v1", "a", 1)

    async def test_marks_what_was_acknowledged_when_the_broker_goes_away(
        self, engine: AsyncEngine
    ) -> None:
        await ring(engine, "a", "b")
        topics = Topics(fails={b"b": KafkaConnectionError()})

        with pytest.raises(BrokerAway):
            await publish_some(engine, topics.writer())

        assert await rows(engine, PENDING) == [("b", 0)]

    async def test_sends_again_what_was_sent_but_not_marked(self, engine: AsyncEngine) -> None:
        await ring(engine, "a")
        topics = Topics()
        failpoint.arm("sent:raise", stack=True)
        with pytest.raises(failpoint.Reached):
            await publish_some(engine, topics.writer())

        await publish_all(engine, topics)

        assert topics.sent == [("bells.v1", "a", 1)] * 2

    async def test_holds_no_transaction_open_while_it_sends(self, engine: AsyncEngine) -> None:
        await ring(engine, "a")
        states: list[object] = []

        async def look() -> None:
            idle = "select count(*) from pg_stat_activity where state like 'idle in%'"
            states.extend(await rows(engine, idle))

        await publish_some(engine, Topics(answers=look).writer())

        assert states == [(0,)]

    async def test_takes_one_event_of_a_subject_at_a_time(self, engine: AsyncEngine) -> None:
        await ring(engine, *["a"] * 3)

        assert await publish_some(engine, Topics().writer()) == 1


_ROW = """
insert into outbox (id, event_id, topic, subject, sequence, key, headers, payload, created_at)
values ({id}, gen_random_uuid(), 't', '{subject}', 1, '{subject}', '{{"ce_sequence": "1"}}', '{{}}',
        now())
"""


class TestRepublish:
    async def test_publishes_again_from_a_sequence_on(self, engine: AsyncEngine) -> None:
        await ring(engine, "a", "a", "a", "b")
        topics = Topics()
        await publish_all(engine, topics)
        topics.sent.clear()

        async def ask(tx: Tx) -> int:
            return await republish(tx, topic="bells.v1", subject="a", from_sequence=2)

        assert await run(engine, ask, pen=PORCH, journey=BY_TEST) == 2
        await publish_all(engine, topics)

        assert topics.sent == [("bells.v1", "a", 2), ("bells.v1", "a", 3)]


class TestPurge:
    async def test_deletes_what_was_published_long_ago(self, engine: AsyncEngine) -> None:
        await ring(engine, "old", "new")
        await publish_all(engine, Topics())
        await ring(engine, "waiting")
        async with engine.begin() as connection:
            await connection.execute(
                text(
                    "update outbox_sent set published_at = now() - interval '15 days'"
                    " where id = (select id from outbox where subject = 'old')"
                )
            )

        assert await run(engine, purge, pen=PORCH, journey=BY_TEST) is False

        kept = await rows(engine, "select subject from outbox order by id")
        assert kept == [("new",), ("waiting",)]
