"""A part of a transaction that fails by itself, against a real PostgreSQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, BellRung, written
from chassis.attempt import attempt
from chassis.door import Pen, Tx, open_door
from chassis.outbox import announce

SEEN = "insert into inbox_seen values ('hall', 'test', '{}', now())"


class GivenUp(Exception):
    pass


async def seen(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        found = await connection.scalars(text("select event_id from inbox_seen order by 1"))
        return list(found)


async def ring(tx: Tx, name: str, *, fails: bool) -> None:
    """Write a row by the driver and say an event, then fail or not."""
    async with attempt(tx):
        await (await tx.raw()).execute(SEEN.format(name))
        announce(tx, BellRung(), subject=name)
        if fails:
            raise GivenUp


class TestAttempt:
    async def test_leaves_nothing_of_what_fails_and_all_of_the_rest(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
            await ring(tx, "before", fails=False)
            with pytest.raises(GivenUp):
                await ring(tx, "failed", fails=True)
            await ring(tx, "behind", fails=False)

        assert await seen(engine) == ["before", "behind"]
        assert [(one.key or b"").decode() for one in await written(engine)] == ["before", "behind"]

    async def test_goes_on_after_the_database_refuses_something(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
            await ring(tx, "first", fails=False)
            with pytest.raises(Exception, match="duplicate key"):
                await ring(tx, "first", fails=False)
            await ring(tx, "second", fails=False)

        assert await seen(engine) == ["first", "second"]
        assert [(one.key or b"").decode() for one in await written(engine)] == ["first", "second"]
