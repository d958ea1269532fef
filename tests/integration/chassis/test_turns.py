"""Many things that are due, some of which cannot be done, against a real PostgreSQL."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST
from chassis.clock import keep_performing, perform
from chassis.door import Pen, Tx, open_door
from chassis.lease import Lease
from chassis.turns import Turns
from stack.waiting import until

AT_ONCE = 2
_DO = text("insert into inbox_seen values ('hall', 'test', :name, now())")
_DONE = text("select event_id from inbox_seen order by 1")


class Bells:
    """Bells to be rung; a cracked one fails after it has written."""

    def __init__(self, engine: AsyncEngine, pen: Pen, *, hung: Sequence[str]) -> None:
        self.engine, self.pen, self.hung = engine, pen, hung
        self.cracked: set[str] = set()
        self.rounds: list[Sequence[str]] = []
        self.turns = Turns("ring", find=self.find, do=self._ring, at_once=AT_ONCE)

    async def find(self, tx: Tx, /, *, limit: int, without: Sequence[str]) -> Sequence[str]:
        done = {row.event_id for row in await tx.execute(_DONE)}
        return [one for one in self.hung if one not in {*done, *without}][:limit]

    async def _ring(self, tx: Tx, names: Sequence[str], /) -> None:
        self.rounds.append(tuple(names))
        for name in names:
            await tx.execute(_DO, {"name": name})
            if name in self.cracked:
                raise LookupError(name)

    async def ring(self) -> None:
        """Perform the duty until it says that there is nothing more."""
        async with asyncio.timeout(20):
            while await perform(
                self.turns.duty(every=timedelta(0)), engine=self.engine, pen=self.pen
            ):
                pass

    async def rung(self) -> list[str]:
        async with open_door(self.engine, pen=self.pen, journey=BY_TEST) as tx:
            return [row.event_id for row in await tx.execute(_DONE)]


def told_to_fail() -> float | None:
    return REGISTRY.get_sample_value("chassis_duty_failing", {"duty": "ring"})


@pytest.fixture
def bells(engine: AsyncEngine, pen: Pen) -> Bells:
    return Bells(engine, pen, hung=["a", "b", "c", "d", "e"])


class TestTurns:
    async def test_do_what_is_due_together(self, bells: Bells) -> None:
        await bells.ring()

        assert bells.rounds == [("a", "b"), ("c", "d"), ("e",)]
        assert await bells.rung() == ["a", "b", "c", "d", "e"]

    async def test_leave_only_what_fails(self, bells: Bells) -> None:
        """As many at the front as fit into a round: nobody behind them waits."""
        bells.cracked = {"a", "b"}

        await bells.ring()

        assert await bells.rung() == ["c", "d", "e"]
        assert bells.turns.failing == {"a", "b"}

    async def test_try_what_failed_again_once_its_pause_is_over(self, bells: Bells) -> None:
        bells.cracked = {"d"}
        await bells.ring()
        tried = len(bells.rounds)
        await bells.ring()
        assert len(bells.rounds) == tried
        bells.cracked.clear()

        async def rung() -> bool:
            await bells.ring()
            return "d" in await bells.rung()

        await until(rung, within=20)
        assert bells.turns.failing == frozenset()

    async def test_forget_what_is_not_due_any_more(self, bells: Bells) -> None:
        bells.cracked = {"d"}
        await bells.ring()
        bells.hung = ()

        async def forgotten() -> bool:
            await bells.ring()
            return not bells.turns.failing

        await until(forgotten, within=20)

    async def test_are_forgotten_while_another_replica_has_them(self, bells: Bells) -> None:
        """Else the alarm goes on for what that one has long done."""
        bells.cracked = {"d"}
        await bells.ring()
        assert told_to_fail() == 1
        await Lease(engine=bells.engine, name="duty:ring").hold()
        stopping = asyncio.Event()
        duty = bells.turns.duty(every=timedelta(hours=1))
        keeping = asyncio.create_task(
            keep_performing(duty, engine=bells.engine, pen=bells.pen, stopping=stopping)
        )

        async def quiet() -> bool:
            return told_to_fail() == 0

        await until(quiet, within=20)
        stopping.set()
        await keeping
        assert bells.turns.failing == frozenset()

    async def test_blame_nobody_for_a_database_that_is_gone(self, bells: Bells) -> None:
        async def gone(_: Tx, __: Sequence[str], /) -> None:
            raise ConnectionRefusedError

        turns = Turns("ring", find=bells.find, do=gone, at_once=AT_ONCE)

        with pytest.raises(ConnectionRefusedError):
            await perform(turns.duty(every=timedelta(0)), engine=bells.engine, pen=bells.pen)
        assert turns.failing == frozenset()
