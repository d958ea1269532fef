"""What waits goes on once it can, whatever else waits beside it, against a real PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Integer, Select, cast, false, literal, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BellRung, LampLit, a_record, answered, hall, pen_of, rows
from chassis import failpoint
from chassis.cloudevents import RawRecord
from chassis.consumer import Consumer, Gap, Outcome, deliver, subscribe
from chassis.door import Tx
from chassis.draining import drain_due
from chassis.ids import TypeId
from chassis.taking import Reader
from contracts.event import Event

PEN = pen_of("hall")
MORE_THAN_ONE_LOOK_FINDS = 101


def a_reader(engine: AsyncEngine, consumer: Consumer | None = None) -> Reader:
    return Reader(to=consumer or hall(), engine=engine, pen=PEN)


async def give(engine: AsyncEngine, *records: RawRecord, to: Consumer | None = None) -> Outcome:
    return await deliver(records, to=to or hall(), engine=engine, pen=PEN)


async def make_due(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text("update parked_event set next_attempt_at = clock_timestamp() - interval '1 s'")
        )


class Asked:
    """Remembers what a producer was asked for."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []

    async def __call__(self, gap: Gap) -> None:
        self.gaps.append(gap)


async def fail(event: Event[BellRung], /, *, tx: Tx) -> None:
    raise LookupError


class TestDrainDue:
    async def test_asks_for_what_is_missing_behind_another_gap(self, engine: AsyncEngine) -> None:
        asked, lamp = Asked(), a_record(LampLit(), sequence=2, offset=2)
        await give(engine, a_record(sequence=2, offset=1), lamp)
        await give(engine, a_record(sequence=1, offset=3))

        await drain_due(by=a_reader(engine), ask=asked)

        assert await answered(engine) == [1, 2]
        assert [(gap.producer, gap.from_sequence) for gap in asked.gaps] == [("street", 1)]

    async def test_does_not_ask_for_what_has_come_and_failed(self, engine: AsyncEngine) -> None:
        asked, failing = Asked(), hall(subscribe(BellRung, fail))
        await give(engine, a_record(sequence=2, offset=1), to=failing)
        await give(engine, a_record(sequence=1, offset=2), to=failing)
        for _ in range(5):
            await make_due(engine)
            await drain_due(by=a_reader(engine, failing), ask=asked)
        await make_due(engine)

        await drain_due(by=a_reader(engine), ask=asked)

        assert asked.gaps == []
        assert await answered(engine) == [1, 2]
        assert await rows(engine, "select blocked from inbox_subject") == [(False,)]

    async def test_goes_on_when_what_was_given_up_comes_after_all(
        self, engine: AsyncEngine
    ) -> None:
        await give(engine, a_record(sequence=2, offset=1))
        for _ in range(4):
            await make_due(engine)
            await drain_due(by=a_reader(engine), ask=Asked())
        assert await rows(engine, "select state from parked_event") == [("dead",)]

        await give(engine, a_record(sequence=1, offset=2))

        assert await answered(engine) == [1, 2]

    async def test_goes_on_when_it_dies_right_after_that_has_come(
        self, engine: AsyncEngine
    ) -> None:
        await give(engine, a_record(sequence=2, offset=1))
        for _ in range(4):
            await make_due(engine)
            await drain_due(by=a_reader(engine), ask=Asked())
        failpoint.arm("batch_committed:raise", stack=True)
        with pytest.raises(failpoint.Reached):
            await give(engine, a_record(sequence=1, offset=2))
        await make_due(engine)

        await drain_due(by=a_reader(engine), ask=Asked())

        assert await answered(engine) == [1, 2]

    async def test_reaches_a_subject_however_many_others_cannot_go_on(
        self, engine: AsyncEngine
    ) -> None:
        names = [f"s{n}" for n in range(MORE_THAN_ONE_LOOK_FINDS)]
        early = [a_record(about=name, sequence=2, offset=n) for n, name in enumerate(names)]
        broken = [
            replace(a_record(about=name, offset=1000 + n), value=b"{")
            for n, name in enumerate(names)
        ]
        await give(engine, *early)
        await give(engine, *broken)
        await give(engine, a_record(offset=3000), to=hall(subscribe(BellRung, fail)))
        await drain_due(by=a_reader(engine), ask=Asked())
        await make_due_of(engine, "front")

        await drain_due(by=a_reader(engine), ask=Asked())

        assert await answered(engine) == [1]


async def make_due_of(engine: AsyncEngine, subject: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "update parked_event set next_attempt_at = clock_timestamp(),"
                " first_failed_at = clock_timestamp() where subject = :subject"
            ),
            {"subject": subject},
        )


class TestDeliver:
    @pytest.mark.parametrize(
        ("statement", "state"),
        [
            (select(literal(1)).where(false()), "waiting"),
            (select(cast(2**40, Integer)), "dead"),
            (select(cast("no id", TypeId("evd"))), "dead"),
        ],
        ids=["no such row", "a number too large", "no id"],
    )
    async def test_parks_what_only_this_record_meets(
        self, engine: AsyncEngine, statement: Select[Any], state: str
    ) -> None:
        async def meet(event: Event[BellRung], /, *, tx: Tx) -> None:
            (await tx.execute(statement)).scalar_one()

        await give(engine, a_record(), to=hall(subscribe(BellRung, meet)))

        assert await rows(engine, "select reason, state from parked_event") == [("failed", state)]
