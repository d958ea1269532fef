"""Events out, against a real PostgreSQL."""

import asyncio
import random
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, BellRung, written
from chassis import cloudevents, signing
from chassis.door import Pen, Tx, open_door
from chassis.outbox import CaseNotLocked, PayloadTooLarge, announce
from contracts.event import Contract, Envelope


async def ring(engine: AsyncEngine, pen: Pen, *subjects: str) -> Tx:
    async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
        for subject in subjects:
            announce(tx, BellRung(), subject=subject, marketplace="harbour")
    return tx


async def envelopes(engine: AsyncEngine, *, about: str) -> list[Envelope]:
    found = [cloudevents.read_envelope(record) for record in await written(engine)]
    return [envelope for envelope in found if envelope.subject == about]


async def sequences(engine: AsyncEngine, *, about: str) -> list[int]:
    return [envelope.sequence for envelope in await envelopes(engine, about=about)]


class TestAnnounce:
    async def test_counts_each_subject_by_itself(self, engine: AsyncEngine, pen: Pen) -> None:
        await ring(engine, pen, "a", "b", "a")
        await ring(engine, pen, "a")

        assert await sequences(engine, about="a") == [1, 2, 3]
        assert await sequences(engine, about="b") == [1]

    async def test_puts_events_of_one_transaction_a_millisecond_apart(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        await ring(engine, pen, "a", "b", "a", "a")

        first, second, third = [one.time for one in await envelopes(engine, about="a")]
        tick = timedelta(milliseconds=1)
        assert (second - first, third - second) == (tick, tick)

    async def test_lets_time_run_with_the_sequence_when_the_clock_stands_still(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        await ring(engine, pen, *["a"] * 500)
        await ring(engine, pen, "a")

        times = [one.time for one in await envelopes(engine, about="a")]
        assert times == sorted(set(times))

    async def test_says_the_last_sequence_of_each_stream(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        await ring(engine, pen, "a")

        tx = await ring(engine, pen, "a", "a", "b")

        assert tx.positions == {("bells.v1", "a"): 3, ("bells.v1", "b"): 1}

    async def test_signs_what_stands_on_the_wire(self, engine: AsyncEngine, pen: Pen) -> None:
        await ring(engine, pen, "a")

        (record,) = await written(engine)
        keys = {pen.signer.key_id: pen.signer.public_key}
        signing.verify(record.headers, record.value or b"", keys)

    async def test_makes_the_first_event_of_a_journey_its_correlation(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        await ring(engine, pen, "a")

        (first,) = await envelopes(engine, about="a")
        assert (first.correlation_id, first.causation_id) == (first.id, None)

    @pytest.mark.fault(19)
    async def test_refuses_more_than_64_kib(self, engine: AsyncEngine, pen: Pen) -> None:
        class Speech(Contract):
            type = "bell.speech.v1"
            producer = "porch"
            topic = "bells.v1"
            words: str

        with pytest.raises(PayloadTooLarge):
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                announce(tx, Speech(words="x" * 65_536), subject="a")

        assert await written(engine) == []

    async def test_wants_the_case_locked_before_it_speaks_of_it(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        class CaseRung(BellRung):
            topic = "cases.v1"

        with pytest.raises(CaseNotLocked):
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                announce(tx, CaseRung(), subject="case_00000000000000000000000000")


class TestFlush:
    async def test_gives_the_places_of_a_rolled_back_transaction_away_again(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        async def give_up() -> None:
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                announce(tx, BellRung(), subject="a")
                raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await give_up()
        await ring(engine, pen, "a")

        assert await sequences(engine, about="a") == [1]

    async def test_writes_a_pending_row_beside_each_event(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        await ring(engine, pen, "a", "b")

        async with engine.connect() as connection:
            pending = await connection.execute(
                text("select subject from outbox_pending order by id")
            )
            assert pending.scalars().all() == ["a", "b"]

    async def test_takes_two_round_trips_however_many_events(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        async def statements(events: int) -> int:
            asked: list[str] = []
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                connection = await tx.raw()
                connection.add_query_logger(lambda record: asked.append(record.query))
                for n in range(events):
                    announce(tx, BellRung(), subject=f"bell-{n}")
            return len([one for one in asked if one.lstrip().startswith(("insert", "with"))])

        assert (await statements(1), await statements(40)) == (2, 2)

    async def test_leaves_no_gap_and_no_deadlock_when_crossing_sets_race(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        """Hundred rounds of two transactions over the same subjects in opposite order."""
        subjects = [f"bell-{n}" for n in range(8)]

        async def write(order: list[str]) -> None:
            # Not `run`, which would try again and so hide a deadlock.
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                for subject in order:
                    announce(tx, BellRung(), subject=subject)

        for seed in range(100):
            shuffled = random.Random(seed).sample(subjects, k=6)
            async with asyncio.TaskGroup() as writers:
                writers.create_task(write(shuffled))
                writers.create_task(write(shuffled[::-1]))

        for subject in subjects:
            found = await envelopes(engine, about=subject)
            assert [one.sequence for one in found] == list(range(1, len(found) + 1))
            assert [one.time for one in found] == sorted({one.time for one in found})
