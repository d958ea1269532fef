"""Events in, against a real PostgreSQL: twice, too early, poisonous, amid a crash."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import (
    BellRung,
    LampLit,
    a_record,
    answer,
    answered,
    as_type,
    hall,
    pen_of,
    rows,
    written,
)
from chassis import failpoint
from chassis.cloudevents import RawRecord, read_envelope
from chassis.consumer import Consumer, Outcome, Permanent, deliver, subscribe
from chassis.door import Tx
from contracts.event import Event

PEN = pen_of("hall")
PARKED = "select src_offset, reason, state from parked_event order by src_offset"


async def give(engine: AsyncEngine, *records: RawRecord, to: Consumer | None = None) -> Outcome:
    return await deliver(records, to=to or hall(), engine=engine, pen=PEN)


class Broken(Exception):
    """A bug of a handler."""


def failing_at(*times: int, error: type[Exception] = Broken) -> Consumer:
    async def fail(event: Event[BellRung], /, *, tx: Tx) -> None:
        await answer(event, tx=tx)
        if event.fact.times in times:
            raise error

    return hall(subscribe(BellRung, fail))


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoint.arm("", stack=False)


class TestDeliver:
    async def test_handles_an_event_once_however_often_it_arrives(
        self, engine: AsyncEngine
    ) -> None:
        for sequence in (1, 1, 2, 1, 2, 2):
            await give(engine, a_record(sequence=sequence))

        assert await answered(engine) == [1, 2]

    async def test_handles_an_event_once_when_it_arrives_twice_at_once(
        self, engine: AsyncEngine
    ) -> None:
        await give(engine, a_record(sequence=1))

        async with asyncio.TaskGroup() as deliveries:
            for _delivery in range(5):
                deliveries.create_task(give(engine, a_record(sequence=2)))

        assert await answered(engine) == [1, 2]

    async def test_has_no_effect_when_a_whole_topic_is_read_again(
        self, engine: AsyncEngine
    ) -> None:
        topic = [a_record(sequence=n, about=about) for n in range(1, 30) for about in "ab"]
        await give(engine, *topic)

        again = await give(engine, *topic)

        assert (again.applied, again.duplicates) == (0, len(topic))
        assert len(await answered(engine)) == len(topic)

    async def test_counts_events_that_nobody_here_handles(self, engine: AsyncEngine) -> None:
        lit = a_record(LampLit(), sequence=1)

        await give(engine, lit, a_record(LampLit(), sequence=2), a_record(sequence=1))

        cursors = "select producer, last_sequence from inbox_cursor order by producer"
        assert await rows(engine, cursors) == [("porch", 1), ("street", 2)]

    async def test_passes_over_a_type_that_this_release_does_not_know(
        self, engine: AsyncEngine
    ) -> None:
        await give(engine, as_type(a_record(sequence=1), "bell.rung.v99"), a_record(sequence=2))

        assert await answered(engine) == [2]

    async def test_names_its_cause_and_the_journey(self, engine: AsyncEngine) -> None:
        record = a_record()
        await give(engine, record)

        (said,) = await written(engine)
        cause, envelope = read_envelope(record), read_envelope(said)
        assert envelope.causation_id == cause.id
        assert envelope.correlation_id == cause.correlation_id
        assert envelope.actor == "service:hall"

    async def test_continues_the_trace_of_the_record(self, engine: AsyncEngine) -> None:
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        record = a_record()
        await give(engine, replace(record, headers={**record.headers, "traceparent": trace}))

        (said,) = await written(engine)
        assert said.headers["traceparent"].split("-")[1] == trace.split("-")[1]


class TestDeliverTooEarly:
    async def test_applies_both_when_the_missing_one_comes(self, engine: AsyncEngine) -> None:
        await give(engine, a_record(sequence=1), a_record(sequence=3, offset=2))
        assert await rows(engine, PARKED) == [(2, "gap", "waiting")]

        await give(engine, a_record(sequence=2, offset=3))

        assert await answered(engine) == [1, 2, 3]
        assert {state for _, _, state in await rows(engine, PARKED)} == {"done"}

    async def test_holds_every_producer_of_that_subject(self, engine: AsyncEngine) -> None:
        await give(engine, a_record(sequence=2, offset=1), a_record(LampLit(), offset=2))

        assert await rows(engine, PARKED) == [(1, "gap", "waiting"), (2, "behind", "waiting")]

    async def test_lets_other_subjects_flow(self, engine: AsyncEngine) -> None:
        await give(engine, a_record(sequence=2, about="front"), a_record(about="back"))

        assert await answered(engine) == [1]

    async def test_frees_the_subject_afterwards(self, engine: AsyncEngine) -> None:
        await give(engine, a_record(sequence=2, offset=1), a_record(sequence=1, offset=2))

        await give(engine, a_record(sequence=3, offset=3))

        assert await answered(engine) == [1, 2, 3]
        assert await rows(engine, "select blocked from inbox_subject") == [(False,)]


class TestDeliverOfWhatFails:
    async def test_parks_it_and_goes_on_with_the_others(self, engine: AsyncEngine) -> None:
        batch = [
            a_record(sequence=1, about="a", offset=1),
            a_record(sequence=1, about="b", offset=2),
            a_record(sequence=2, about="b", offset=3),
            a_record(sequence=3, about="b", offset=4),
            a_record(sequence=2, about="a", offset=5),
        ]

        done = await give(engine, *batch, to=failing_at(3))
        assert (done.applied, done.parked) == (4, 1)
        await give(engine, a_record(LampLit(), about="b", offset=6), to=failing_at(3))

        assert await answered(engine, about="a") == [1, 2]
        assert await answered(engine, about="b") == [1, 2]
        assert await rows(engine, PARKED) == [(4, "failed", "waiting"), (6, "behind", "waiting")]

    async def test_meets_several_failures_in_one_batch(self, engine: AsyncEngine) -> None:
        batch = [a_record(sequence=1, about=f"bell-{n}", offset=n) for n in range(6)]
        odd = [replace(one, value=b'{"times": 7}') if one.offset % 2 else one for one in batch]

        done = await give(engine, *odd, to=failing_at(7))

        assert (done.applied, done.parked) == (3, 3)
        assert await answered(engine) == [1, 1, 1]

    async def test_leaves_nothing_of_a_failing_handler(self, engine: AsyncEngine) -> None:
        await give(engine, a_record(sequence=1), to=failing_at(1))

        assert await answered(engine) == []
        assert await rows(engine, "select * from inbox_cursor") == []

    async def test_waits_longer_after_each_failure(self, engine: AsyncEngine) -> None:
        await give(engine, a_record(sequence=1), to=failing_at(1))

        wait = "select next_attempt_at - first_failed_at, attempts, error from parked_event"
        ((pause, attempts, error),) = await rows(engine, wait)
        assert (str(pause), attempts, error) == ("0:00:01", 1, "Broken: ")

    @pytest.mark.parametrize(
        "wrong",
        [
            replace(a_record(), value=b"{"),
            replace(a_record(), value=b'{"times": "many"}'),
            replace(a_record(), value=b"[]"),
            replace(a_record(), headers={**a_record().headers, "ce_source": "/sellerworks/street"}),
        ],
    )
    async def test_is_dead_at_once_when_it_fails_its_contract(
        self, engine: AsyncEngine, wrong: RawRecord
    ) -> None:
        await give(engine, wrong, a_record(sequence=2, offset=2))

        states = [state for _, _, state in await rows(engine, PARKED)]
        assert states[0] == "dead"
        assert await answered(engine) == []

    async def test_is_dead_at_once_when_its_handler_says_so(self, engine: AsyncEngine) -> None:
        await give(engine, a_record(sequence=1), to=failing_at(1, error=Permanent))

        assert await rows(engine, PARKED) == [(1, "failed", "dead")]

    async def test_finds_the_one_that_fails_only_at_the_flush(self, engine: AsyncEngine) -> None:
        """Two events with one id are refused by the outbox, long after the handlers ran."""

        async def repeat(event: Event[BellRung], /, *, tx: Tx) -> None:
            await answer(event, tx=tx)
            if event.fact.times == 3:
                tx.outgoing[-1] = replace(tx.outgoing[-1], event_id=UUID(int=5))
                tx.outgoing.append(replace(tx.outgoing[-1], subject="twice"))

        batch = [a_record(sequence=n) for n in (1, 2, 3)] + [a_record(about="other", offset=4)]

        await give(engine, *batch, to=hall(subscribe(BellRung, repeat)))

        assert await answered(engine) == [1, 2, 1]
        assert await rows(engine, PARKED) == [(3, "failed", "dead")]


@pytest.mark.fault(44)
class TestDeliverOfGarbage:
    @pytest.mark.parametrize(
        "garbage",
        [
            replace(a_record(), value=None),
            replace(a_record(), value=b""),
            replace(a_record(), key=None),
            replace(a_record(), key=b"\xff\xfe"),
            replace(a_record(), headers={}),
            replace(a_record(), headers={"a\x00b": "c\x00d", "e": "\ud800"}),
            replace(a_record(), headers={**a_record().headers, "ce_id": "x" * 10_000_000}),
            replace(a_record(), defect="headers are not UTF-8"),
            replace(a_record(), value=b"\x00\xff", headers={"ce_specversion": "1.0"}),
        ],
        ids=range(9),
    )
    async def test_quarantines_it_and_moves_on(
        self, engine: AsyncEngine, garbage: RawRecord
    ) -> None:
        done = await give(engine, garbage, a_record(sequence=1, offset=2))

        assert (done.quarantined, await answered(engine)) == (1, [1])
        assert await rows(engine, "select src_offset from quarantine") == [(1,)]


class TestDeliverOfAConflict:
    async def test_raises_an_alarm_and_keeps_the_first(self, engine: AsyncEngine) -> None:
        await give(engine, a_record(sequence=1))

        done = await give(engine, a_record(sequence=1, offset=2, event_id=UUID(int=66)))

        assert (done.conflicts, done.duplicates) == (1, 0)
        ((error,),) = await rows(engine, "select error from quarantine")
        assert "conflict" in str(error)
        assert await answered(engine) == [1]


class TestDeliverAmidACrash:
    @pytest.mark.parametrize("point", ["after_handler", "before_commit", "after_commit"])
    async def test_does_everything_once_after_the_restart(
        self, engine: AsyncEngine, point: str
    ) -> None:
        topic = [a_record(sequence=n) for n in range(1, 6)]
        failpoint.arm(f"{point}:raise", stack=True)
        with pytest.raises(failpoint.Reached):
            await give(engine, *topic)

        await give(engine, *topic)

        assert await answered(engine) == [1, 2, 3, 4, 5]
        assert await rows(engine, PARKED) == []

    async def test_parks_nothing_when_the_database_goes_away(self, engine: AsyncEngine) -> None:
        async def lose_connection(event: Event[BellRung], /, *, tx: Tx) -> None:
            await (await tx.raw()).execute("select pg_terminate_backend(pg_backend_pid())")

        with pytest.raises((DBAPIError, asyncpg.PostgresError, OSError)):
            await give(engine, a_record(), to=hall(subscribe(BellRung, lose_connection)))
        await give(engine, a_record())

        assert await answered(engine) == [1]
        assert await rows(engine, PARKED) == []

    async def test_tries_a_deadlocked_batch_again(self, engine: AsyncEngine) -> None:
        tries: list[int] = []

        async def deadlock_once(event: Event[BellRung], /, *, tx: Tx) -> None:
            tries.append(event.fact.times)
            if len(tries) == 1:
                await (await tx.raw()).execute("do $$ begin raise sqlstate '40P01'; end $$")
            await answer(event, tx=tx)

        await give(engine, a_record(), to=hall(subscribe(BellRung, deadlock_once)))

        assert await answered(engine) == [1]
