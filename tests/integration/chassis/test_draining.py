"""Parked records, against a real PostgreSQL."""

from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BellRung, LampLit, a_record, answer, answered, hall, pen_of, rows
from chassis import parking
from chassis.cloudevents import NotAnEvent, RawRecord
from chassis.consumer import Consumer, Gap, deliver, subscribe, subscribe_raw
from chassis.door import Tx
from chassis.draining import ProducerSilent, drain_due
from chassis.taking import Reader
from contracts.event import Event

PEN = pen_of("hall")
STATES = "select src_offset, state from parked_event order by src_offset"


def a_reader(engine: AsyncEngine, consumer: Consumer | None = None) -> Reader:
    return Reader(to=consumer or hall(), engine=engine, pen=PEN)


class Asked:
    """Remembers what a producer was asked for, and may be silent."""

    def __init__(self, *, silent: bool = False) -> None:
        self.gaps: list[Gap] = []
        self.silent = silent

    async def __call__(self, gap: Gap) -> None:
        self.gaps.append(gap)
        if self.silent:
            raise ProducerSilent


async def fail(event: Event[BellRung], /, *, tx: Tx) -> None:
    raise LookupError


async def park_a_failure(engine: AsyncEngine) -> None:
    batch = [
        a_record(sequence=1, offset=1),
        a_record(LampLit(), sequence=1, offset=2),
        a_record(sequence=2, offset=3),
    ]
    await deliver(batch, to=hall(subscribe(BellRung, fail)), engine=engine, pen=PEN)


async def make_due(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text("update parked_event set next_attempt_at = clock_timestamp() - interval '1 s'")
        )


class TestDrainDue:
    async def test_leaves_what_is_not_due(self, engine: AsyncEngine) -> None:
        await park_a_failure(engine)

        done = await drain_due(by=a_reader(engine), ask=Asked())

        assert (done.applied, await answered(engine)) == (0, [])

    async def test_applies_everything_in_the_order_of_the_topic(self, engine: AsyncEngine) -> None:
        await park_a_failure(engine)
        await make_due(engine)

        done = await drain_due(by=a_reader(engine), ask=Asked())

        assert (done.applied, await answered(engine)) == (3, [1, 2])
        assert await rows(engine, STATES) == [(1, "done"), (2, "done"), (3, "done")]
        assert await rows(engine, "select blocked from inbox_subject") == [(False,)]

    async def test_keeps_one_of_what_is_said_again_and_again(self, engine: AsyncEngine) -> None:
        """Whoever is asked for what is missing repeats all that came after it."""
        second, third = a_record(sequence=2, offset=2), a_record(sequence=3, offset=3)
        await deliver([second, third], to=hall(), engine=engine, pen=PEN)
        for offset in (4, 6):
            again = [replace(second, offset=offset), replace(third, offset=offset + 1)]
            await deliver(again, to=hall(), engine=engine, pen=PEN)

        held = await rows(engine, STATES)
        await deliver([a_record(sequence=1, offset=8)], to=hall(), engine=engine, pen=PEN)
        await make_due(engine)
        await drain_due(by=a_reader(engine), ask=Asked())

        assert held == [(2, "waiting"), (3, "waiting")]
        assert await answered(engine) == [1, 2, 3]

    async def test_waits_longer_when_it_fails_again(self, engine: AsyncEngine) -> None:
        await park_a_failure(engine)
        await make_due(engine)
        reader = a_reader(engine, hall(subscribe(BellRung, fail)))

        await drain_due(by=reader, ask=Asked())
        again = await drain_due(by=reader, ask=Asked())

        assert again.parked == 0
        attempts = "select attempts from parked_event where reason = 'failed'"
        assert await rows(engine, attempts) == [(2,)]
        assert await rows(engine, "select blocked from inbox_subject") == [(True,)]

    async def test_stops_at_the_second_failure(self, engine: AsyncEngine) -> None:
        async def fail_at_two(event: Event[BellRung], /, *, tx: Tx) -> None:
            await answer(event, tx=tx)
            if event.fact.times == 2:
                raise LookupError

        await park_a_failure(engine)
        await make_due(engine)

        await drain_due(by=a_reader(engine, hall(subscribe(BellRung, fail_at_two))), ask=Asked())

        assert await answered(engine) == [1]
        assert await rows(engine, STATES) == [(1, "done"), (2, "done"), (3, "waiting")]

    async def test_leaves_the_dead_to_a_person_who_may_retry_them(
        self, engine: AsyncEngine
    ) -> None:
        broken = replace(a_record(), value=b"{")
        await deliver([broken, a_record(sequence=2)], to=hall(), engine=engine, pen=PEN)
        await make_due(engine)
        assert (await drain_due(by=a_reader(engine), ask=Asked())).applied == 0
        async with engine.begin() as connection:
            await connection.execute(
                text("update parked_event set raw = :raw where src_offset = 1"),
                {"raw": b'{"times": 1}'},
            )

        async def retry(tx: Tx) -> str | None:
            return await parking.retry(tx, "hall", ("bells.v1", 0, 1))

        assert await a_reader(engine).run(retry)
        await drain_due(by=a_reader(engine), ask=Asked())

        assert await answered(engine) == [1, 2]


class TestRepair:
    async def test_asks_the_producer_for_what_is_missing(self, engine: AsyncEngine) -> None:
        await deliver(
            [a_record(sequence=1), a_record(sequence=4)], to=hall(), engine=engine, pen=PEN
        )
        asked = Asked()

        await drain_due(by=a_reader(engine), ask=asked)

        assert asked.gaps == [
            Gap(producer="porch", topic="bells.v1", subject="front", from_sequence=2)
        ]

    async def test_does_not_ask_again_at_once(self, engine: AsyncEngine) -> None:
        await deliver([a_record(sequence=2)], to=hall(), engine=engine, pen=PEN)
        asked = Asked()

        await drain_due(by=a_reader(engine), ask=asked)
        await drain_due(by=a_reader(engine), ask=asked)

        assert len(asked.gaps) == 1

    async def test_gives_up_after_three_repairs_that_brought_nothing(
        self, engine: AsyncEngine
    ) -> None:
        await deliver([a_record(sequence=2)], to=hall(), engine=engine, pen=PEN)
        asked = Asked()

        for _round in range(5):
            await make_due(engine)
            await drain_due(by=a_reader(engine), ask=asked)

        assert len(asked.gaps) == 3
        assert await rows(engine, STATES) == [(2, "dead")]

    async def test_asks_a_silent_producer_for_ever(self, engine: AsyncEngine) -> None:
        await deliver([a_record(sequence=2)], to=hall(), engine=engine, pen=PEN)
        asked = Asked(silent=True)

        for _round in range(5):
            await make_due(engine)
            await drain_due(by=a_reader(engine), ask=asked)

        assert len(asked.gaps) == 5
        assert await rows(engine, STATES) == [(2, "waiting")]


def a_reply(offset: int, *, value: bytes = b"{}", **headers: str) -> RawRecord:
    return RawRecord(
        topic="replies.v1",
        partition=0,
        offset=offset,
        key=None,
        headers=headers,
        value=value,
        timestamp_ms=0,
    )


class TestPartnerRecords:
    async def test_are_handled_once_where_they_have_an_id(self, engine: AsyncEngine) -> None:
        heard, listening = _listener()

        for offset, id_ in enumerate(["a", "a", "b"]):
            reply = a_reply(offset, ce_id=id_)
            await deliver([reply], to=listening, engine=engine, pen=PEN)

        assert heard == [0, 2]

    async def test_without_an_id_are_handled_once_when_they_are_read_again(
        self, engine: AsyncEngine
    ) -> None:
        heard, listening = _listener()
        batch = [a_reply(0), a_reply(1), a_reply(2, ce_id="0/3", ce_source="place")]

        for _ in range(2):
            await deliver(batch, to=listening, engine=engine, pen=PEN)
        await deliver([a_reply(3)], to=listening, engine=engine, pen=PEN)

        assert heard == [0, 1, 2, 3]

    async def test_that_are_garbage_go_to_quarantine(self, engine: AsyncEngine) -> None:
        heard, listening = _listener()
        batch = [
            a_reply(1, value=b"no"),
            a_reply(2, ce_id="x" * 300),
            a_reply(3, ce_id="\x00"),
            a_reply(4),
        ]

        done = await deliver(batch, to=listening, engine=engine, pen=PEN)

        assert (done.quarantined, heard) == (3, [4])

    async def test_that_fail_wait_alone_and_are_tried_again(self, engine: AsyncEngine) -> None:
        heard, listening = _listener(failures=1)
        batch = [a_reply(1, ce_id="a"), a_reply(2, ce_id="b")]
        await deliver(batch, to=listening, engine=engine, pen=PEN)
        assert heard == [2]

        await make_due(engine)
        await drain_due(by=a_reader(engine, listening), ask=Asked())

        assert heard == [2, 1]
        assert await rows(engine, STATES) == [(1, "done")]


def _listener(*, failures: int = 0) -> tuple[list[int], Consumer]:
    heard: list[int] = []
    left = [failures]

    async def listen(record: RawRecord, /, *, tx: Tx) -> None:
        if record.value == b"no":
            raise NotAnEvent("no")
        if left[0]:
            left[0] -= 1
            raise LookupError
        heard.append(record.offset)

    topic = "replies.v1"
    return heard, Consumer(
        name="hall", topics=(topic,), subscriptions=(subscribe_raw(topic, listen),)
    )
