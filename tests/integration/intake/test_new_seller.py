"""A new seller's row and key: what its short transaction leaves behind when it is cut off."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_intake import NOON
from chassis import door, ids
from chassis.door import Journey, Tx
from chassis.vault import new_key_pair
from intake.store import sellers
from intake_stand import PEN

STEPS = 24  # of the event loop: more than it has until its first statement runs


async def keep_a_spare_key(engine: AsyncEngine) -> str:
    key = ids.new_id("key", NOON)

    async def keep(tx: Tx) -> None:
        await sellers.add_spare_keys(tx, {key: new_key_pair()[1]})

    await door.run(engine, keep, pen=PEN, journey=Journey(actor="service:intake"))
    return key


class TestBindNew:
    async def test_lets_the_next_on_its_connection_commit_wherever_it_is_cut_off(
        self, engine_for: Callable[[str], Awaitable[AsyncEngine]]
    ) -> None:
        engine = await engine_for("intake")
        kept = []

        for steps in range(STEPS):
            binding = asyncio.create_task(sellers.bind_new(engine, "harbour", b"ref", now=NOON))
            for _ in range(steps):
                await asyncio.sleep(0)
            binding.cancel()
            await asyncio.wait([binding])
            kept.append(await keep_a_spare_key(engine))

        await engine.dispose()  # what was not committed is gone with its connection
        async with engine.connect() as connection:
            there = await connection.scalars(text("select key from spare_keys"))
            on_file = {ids.from_uuid("key", key) for key in there}
        assert len(set(kept) - on_file) <= 1  # one may have gone to the seller by now
