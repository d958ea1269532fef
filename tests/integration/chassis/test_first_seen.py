"""A consumer that is younger than the log: of older cases the beginning may be gone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import LampLit, a_record, answered, hall, pen_of, rows
from builders_contracts import E1
from builders_resolution import records
from chassis import ids
from chassis.cloudevents import RawRecord
from chassis.consumer import Consumer, Outcome, deliver
from chassis.door import Journey, Tx, run
from chassis.inbox import born_at
from chassis.subscriptions import Start

PEN = pen_of("hall")
YOUNG = replace(hall(), start=Start.FIRST_SEEN)
PARKED = "select src_offset, reason from parked_event order by src_offset"


async def give(engine: AsyncEngine, *batch: RawRecord, to: Consumer = YOUNG) -> Outcome:
    return await deliver(batch, to=to, engine=engine, pen=PEN)


async def a_subject(engine: AsyncEngine, *, older_by: timedelta) -> str:
    """Name something so long before the consumer was born; that is now, if it was not."""

    async def name(tx: Tx) -> str:
        return ids.new_id("case", await born_at(tx, "hall") - older_by)

    return await run(engine, name, pen=PEN, journey=Journey(actor="service:hall"))


@pytest.mark.fault(51)
class TestFirstSeen:
    async def test_begins_an_older_case_wherever_it_first_hears_of_it(
        self, engine: AsyncEngine
    ) -> None:
        old = await a_subject(engine, older_by=timedelta(seconds=1))

        await give(engine, a_record(sequence=7, about=old), a_record(sequence=8, about=old))

        assert await answered(engine) == [7, 8]
        assert await rows(engine, PARKED) == []

    async def test_notices_a_gap_from_there_on(self, engine: AsyncEngine) -> None:
        old = await a_subject(engine, older_by=timedelta(seconds=1))
        lamp = a_record(LampLit(), sequence=3, about=old, offset=1)

        await give(engine, a_record(sequence=7, about=old), lamp, a_record(sequence=9, about=old))

        assert await answered(engine) == [7]
        assert await rows(engine, PARKED) == [(9, "gap")]

    async def test_waits_for_the_beginning_of_a_younger_case(self, engine: AsyncEngine) -> None:
        new = await a_subject(engine, older_by=timedelta(seconds=-1))

        nameless = a_record(sequence=7, about="no-id", offset=8)
        await give(engine, a_record(sequence=7, about=new), nameless)

        assert await answered(engine) == []
        assert [reason for _, reason in await rows(engine, PARKED)] == ["gap", "gap"]

    async def test_is_for_those_who_ask_for_it(self, engine: AsyncEngine) -> None:
        old = await a_subject(engine, older_by=timedelta(seconds=1))

        await give(engine, a_record(sequence=7, about=old), to=hall())

        assert await rows(engine, PARKED) == [(7, "gap")]

    async def test_follows_a_case_that_it_cannot_fold(self, engine: AsyncEngine) -> None:
        old = await a_subject(engine, older_by=timedelta(days=500))
        late = [moved(one, old) for one in records([one.fact for one in E1])[1:]]
        listener = Consumer(name="insights", topics=("cases.v1",), start=Start.FIRST_SEEN)
        await deliver(late[:3], to=listener, engine=engine, pen=pen_of("insights"))

        await deliver(late[3:], to=listener, engine=engine, pen=pen_of("insights"))

        assert await rows(engine, PARKED) == []
        assert await rows(engine, "select * from case_view") == []
        ends = "select count(*), sum(last_sequence) from inbox_cursor"
        assert await rows(engine, ends) == [(4, sum(last_of_each(late).values()))]


def moved(record: RawRecord, subject: str) -> RawRecord:
    headers = {**record.headers, "ce_subject": subject}
    return replace(record, key=subject.encode(), headers=headers)


def last_of_each(batch: list[RawRecord]) -> dict[str, int]:
    return {one.headers["ce_source"]: int(one.headers["ce_sequence"]) for one in batch}
