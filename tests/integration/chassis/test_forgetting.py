"""What the inbox forgets, and what it must not."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, a_record, hall, pen_of, rows
from chassis.consumer import deliver
from chassis.door import run
from chassis.forgetting import forget

HALL = pen_of("hall")


async def age_parked(engine: AsyncEngine, days: int) -> None:
    async with engine.begin() as connection:
        older = "update parked_event set first_failed_at = now() - make_interval(days => :days)"
        await connection.execute(text(older), {"days": days})


class TestForget:
    async def test_deletes_what_was_settled_long_ago(self, engine: AsyncEngine) -> None:
        batch = [a_record(sequence=2, offset=1), a_record(sequence=1, offset=2)]
        await deliver(batch, to=hall(), engine=engine, pen=HALL)
        await age_parked(engine, 15)

        assert await run(engine, forget, pen=HALL, journey=BY_TEST) is False

        assert await rows(engine, "select * from parked_event") == []

    async def test_keeps_what_still_waits(self, engine: AsyncEngine) -> None:
        await deliver([a_record(sequence=2)], to=hall(), engine=engine, pen=HALL)
        await age_parked(engine, 400)

        await run(engine, forget, pen=HALL, journey=BY_TEST)

        assert len(await rows(engine, "select 1 from parked_event")) == 1

    async def test_knows_partners_records_as_long_as_topics_keep_them(
        self, engine: AsyncEngine
    ) -> None:
        seen = (
            "insert into inbox_seen values ('hall', 'x', :id, now() - make_interval(days => :days))"
        )
        async with engine.begin() as connection:
            for days in (90, 101):
                await connection.execute(text(seen), {"id": str(days), "days": days})

        await run(engine, forget, pen=HALL, journey=BY_TEST)

        assert await rows(engine, "select event_id from inbox_seen") == [("90",)]
