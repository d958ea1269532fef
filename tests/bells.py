"""A small world to try the chassis on: a porch where bells are rung, and a hall."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.cloudevents import RawRecord
from chassis.door import Journey
from contracts.event import Contract

BELLS = "bells.v1"
BY_TEST = Journey(actor="service:porch", request_id="req_test")


class BellRung(Contract):
    type: ClassVar[str] = "bell.rung.v1"
    producer: ClassVar[str] = "porch"
    topic: ClassVar[str] = BELLS

    times: int = 1


class BellAnswered(Contract):
    type: ClassVar[str] = "bell.answered.v1"
    producer: ClassVar[str] = "hall"
    topic: ClassVar[str] = "answers.v1"

    answered: UUID


async def written(engine: AsyncEngine) -> list[RawRecord]:
    """Return every record of the outbox in the order of its commit, as Kafka would have it."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("select id, topic, key, headers, payload from outbox order by id")
        )
        return [
            RawRecord(
                topic=row.topic,
                partition=0,
                offset=row.id,
                key=row.key,
                headers=row.headers,
                value=row.payload,
                timestamp_ms=0,
            )
            for row in rows
        ]
