"""The door, against a real PostgreSQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, BellRung, written
from chassis import failpoint
from chassis.door import Pen, Tx, open_door, run
from chassis.outbox import announce

SEEN = "insert into inbox_seen values ('hall', 'test', 'x', now())"


async def count_seen(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        counted = await connection.scalar(text("select count(*) from inbox_seen"))
        return int(counted or 0)


class GivenUp(Exception):
    pass


class TestOpenDoor:
    async def test_takes_the_time_from_the_database(self, engine: AsyncEngine, pen: Pen) -> None:
        async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
            later = await tx.scalar(text("select clock_timestamp()"))

        assert tx.now <= later
        assert tx.now.utcoffset() is not None

    @pytest.mark.fault(14)
    async def test_rolls_back_what_the_driver_wrote_first(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        """A raw insert once survived: SQLAlchemy begins with its own first statement only."""

        async def write_and_give_up() -> None:
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                await (await tx.raw()).execute(SEEN)
                raise GivenUp

        with pytest.raises(GivenUp):
            await write_and_give_up()

        assert await count_seen(engine) == 0

    @pytest.mark.fault(14)
    async def test_rolls_back_what_was_written_to_the_outbox(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        async def give_up() -> None:
            raise GivenUp

        async def write_and_give_up() -> None:
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                await (await tx.raw()).execute(SEEN)
                announce(tx, BellRung(), subject="a")
                tx.before_commit.append(give_up)

        with pytest.raises(GivenUp):
            await write_and_give_up()

        assert await count_seen(engine) == 0
        assert await written(engine) == []

    @pytest.mark.fault(14)
    async def test_rolls_back_what_sqlalchemy_wrote(self, engine: AsyncEngine, pen: Pen) -> None:
        async def write_and_give_up() -> None:
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                await tx.execute(text(SEEN))
                announce(tx, BellRung(), subject="a")
                raise GivenUp

        with pytest.raises(GivenUp):
            await write_and_give_up()

        assert await count_seen(engine) == 0
        assert await written(engine) == []

    async def test_has_committed_when_it_tells(self, engine: AsyncEngine, pen: Pen) -> None:
        told: list[Tx] = []
        telling = Pen(service=pen.service, signer=pen.signer, committed=told.append)

        async with open_door(engine, pen=telling, journey=BY_TEST) as tx:
            announce(tx, BellRung(), subject="a")
            assert told == []

        assert told == [tx]

    async def test_loses_everything_when_it_dies_before_the_commit(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        failpoint.arm("before_commit:raise", stack=True)

        with pytest.raises(failpoint.Reached):
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                announce(tx, BellRung(), subject="a")

        assert await written(engine) == []

    async def test_keeps_everything_when_it_dies_after_the_commit(
        self, engine: AsyncEngine, pen: Pen
    ) -> None:
        failpoint.arm("after_commit:raise", stack=True)

        with pytest.raises(failpoint.Reached):
            async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
                announce(tx, BellRung(), subject="a")

        assert len(await written(engine)) == 1


class TestRun:
    async def test_tries_again_what_a_deadlock_undid(self, engine: AsyncEngine, pen: Pen) -> None:
        tries: list[Tx] = []

        async def fail_once(tx: Tx) -> str:
            tries.append(tx)
            if len(tries) == 1:
                await tx.execute(text("do $$ begin raise sqlstate '40P01'; end $$"))
            return "done"

        assert await run(engine, fail_once, pen=pen, journey=BY_TEST) == "done"

    async def test_gives_up_after_three_tries(self, engine: AsyncEngine, pen: Pen) -> None:
        tries: list[Tx] = []

        async def fail(tx: Tx) -> None:
            tries.append(tx)
            await (await tx.raw()).execute("do $$ begin raise sqlstate '40001'; end $$")

        with pytest.raises(Exception, match="40001"):
            await run(engine, fail, pen=pen, journey=BY_TEST)

        assert len(tries) == 3
