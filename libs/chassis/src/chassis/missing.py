"""What was said and never reached a consumer is asked for, without waiting for what comes next."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from chassis import ids, inbox
from chassis.door import Tx
from chassis.draining import Ask
from chassis.outcome import Gap
from chassis.subscriptions import Start
from chassis.taking import Reader

_CURSORS: Final = """
select topic, subject, last_sequence from inbox_cursor
where consumer = $1 and producer = $2
  and (topic, subject) in (select * from unnest($3::text[], $4::text[]))
"""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a producer has come in one of its streams."""

    producer: str
    topic: str
    subject: str
    last_sequence: int


Heads = Callable[[], AsyncIterator[Sequence[Head]]]
"""Asks every other service for all its heads, a page of one producer at a time. Raises
`ProducerSilent` when one does not answer."""


async def ask_for_missing(*, by: Reader, heads: Heads, ask: Ask) -> int:
    """
    Ask for all that producers have said and the consumer has not; say of how many streams.

    Events that are on their way are asked for, too: who has them already skips them.

    Raises:
        ProducerSilent: One could not be asked. Ask all again later.
    """
    asked = 0
    async for page in heads():
        read = [head for head in page if head.topic in by.to.topics]
        for gap in await _gaps(read, by):
            await ask(gap)
            asked += 1
    _log.info("missing_events_asked_for", consumer=by.to.name, streams=asked)
    return asked


async def _gaps(heads: Sequence[Head], by: Reader) -> list[Gap]:
    if not heads:
        return []

    async def look(tx: Tx) -> list[Gap]:
        come = await _come(tx, heads, by.to.name)
        born = await inbox.born_at(tx, by.to.name) if by.to.start is Start.FIRST_SEEN else None
        return [gap for head in heads if (gap := _gap(head, come, born))]

    return await by.run(look)


async def _come(tx: Tx, heads: Sequence[Head], consumer: str) -> dict[tuple[str, str], int]:
    topics, subjects = [head.topic for head in heads], [head.subject for head in heads]
    connection = await tx.raw()
    rows = await connection.fetch(_CURSORS, consumer, heads[0].producer, topics, subjects)
    return {(topic, subject): sequence for topic, subject, sequence in rows}


def _gap(head: Head, come: dict[tuple[str, str], int], born: datetime | None) -> Gap | None:
    last = come.get((head.topic, head.subject))
    if last is None and born is not None and _is_older(head.subject, born):
        return None  # it began before this consumer: the consumer waits for what comes
    if (last or 0) >= head.last_sequence:
        return None
    return Gap(
        producer=head.producer,
        topic=head.topic,
        subject=head.subject,
        from_sequence=(last or 0) + 1,
    )


def _is_older(subject: str, born: datetime) -> bool:
    try:
        return ids.created_at(subject) < born
    except ids.NotAnId:
        return False
