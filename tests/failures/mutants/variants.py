"""The product, broken on purpose: each of these keeps one rule of architecture.md §3 no longer."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from typing_extensions import override

from audit.domain.merkle import Head
from audit.domain.note import NoteSigner, checkpoint
from audit.store import log
from chassis import outbox, views
from chassis.clock import Duty
from chassis.cloudevents import RawRecord, read_envelope
from chassis.consumer import deliver
from chassis.door import Fold, Journey, Pen, Tx
from chassis.failures import Permanent
from chassis.single import fetch, fetch_value
from chassis.subscriptions import Consumer, Subscription
from contracts.audit import CheckpointSigned
from contracts.event import AnyEvent, Contract, Event
from contracts.lifecycle import CaseState, Folded, fold
from failures.mutants.tape import Tape
from failures.mutants.town import (
    RULES,
    ConsumingOf,
    Died,
    DoorOf,
    House,
    RelayOf,
    TimersOf,
    Work,
)
from sla_monitor.handlers import fire_clocks
from sla_monitor.handlers.settle_moves import Turn, settle_moves
from sla_monitor.store import clocks
from sla_monitor.store.sla_cases import DueCase

_NOW: Final = text("select clock_timestamp()")


@dataclass
class OutboxAfterCommit(DoorOf):
    """Commits the change, then writes the event in a transaction of its own; dies in between."""

    dies_at: int
    opened: int = 0

    @override
    async def run(self, engine: AsyncEngine, work: Work, *, pen: Pen, journey: Journey) -> Any:
        self.opened += 1
        async with engine.begin() as connection:
            now = (await connection.execute(_NOW)).scalar_one()
            tx = Tx(connection=connection, now=now, journey=journey, service=pen.service)
            result = await work(tx)
        if self.opened == self.dies_at:
            raise Died
        async with engine.begin() as connection:
            after = Tx(connection=connection, now=now, journey=journey, service=pen.service)
            after.outgoing, after.views = tx.outgoing, tx.views
            await outbox.flush(after, pen)
        return result


@dataclass
class AnswerBeforeCommit(DoorOf):
    """Says yes, and only then finds out that it could not be committed."""

    fails_at: int
    opened: int = 0

    @override
    async def run(self, engine: AsyncEngine, work: Work, *, pen: Pen, journey: Journey) -> Any:
        self.opened += 1
        connection = await engine.connect()
        transaction = await connection.begin()
        try:
            now = (await connection.execute(_NOW)).scalar_one()
            tx = Tx(connection=connection, now=now, journey=journey, service=pen.service)
            result = await work(tx)
            await outbox.flush(tx, pen)
            await (transaction.rollback if self.opened == self.fails_at else transaction.commit)()
        finally:
            await connection.close()
        return result


@dataclass
class PublishedBeforeCommit(DoorOf):
    """Tells the world first, and then cannot commit."""

    tape: Tape
    fails_at: int
    opened: int = 0

    @override
    async def run(self, engine: AsyncEngine, work: Work, *, pen: Pen, journey: Journey) -> Any:
        self.opened += 1
        fails = self.opened == self.fails_at
        async with engine.begin() as connection:
            now = (await connection.execute(_NOW)).scalar_one()
            tx = Tx(connection=connection, now=now, journey=journey, service=pen.service)
            result = await work(tx)
            await outbox.flush(tx, pen)
            if fails:
                await self._publish(tx)
                raise Died
        return result

    async def _publish(self, tx: Tx) -> None:
        waiting = "select topic, key, headers::text, payload from outbox order by id desc limit 1"
        [(topic, key, headers, payload)] = await (await tx.raw()).fetch(waiting)
        await self.tape.send(topic, key=key, value=payload, headers=orjson.loads(headers))


@dataclass
class NumberedOutsideTheLock(DoorOf):
    """Takes its number in a transaction of its own, so that nobody waits for anybody."""

    fails_at: int = 0
    opened: int = 0

    @override
    async def run(self, engine: AsyncEngine, work: Work, *, pen: Pen, journey: Journey) -> Any:
        self.opened += 1
        fails = self.opened == self.fails_at
        async with engine.begin() as connection:
            now = (await connection.execute(_NOW)).scalar_one()
            tx = Tx(connection=connection, now=now, journey=journey, service=pen.service)
            result = await work(tx)
            await _flush_with_numbers_of(engine, tx, pen)
            if fails:
                raise Died  # rolls back: the number is taken, the event is not there
        return result


async def _flush_with_numbers_of(engine: AsyncEngine, tx: Tx, pen: Pen) -> None:
    if not tx.outgoing:
        await outbox.flush(tx, pen)
        return
    async with engine.begin() as connection:
        aside = Tx(connection=connection, now=tx.now, journey=tx.journey, service=tx.service)
        aside.outgoing = tx.outgoing
        ends = await outbox._take_places(aside)  # noqa: SLF001 - surgery on the inside
    for act in tx.before_commit:
        await act()
    events = list(outbox._number(tx.outgoing, ends, pen))  # noqa: SLF001 - the same
    for event, one in zip(events, tx.outgoing, strict=True):
        if one.topic == views.FOLDED_TOPIC:
            views.project(tx, event, pen.fold)
    await outbox._add(tx, events, pen.signer)  # noqa: SLF001 - the same


@dataclass
class HighWaterMark(RelayOf):
    """Remembers the highest id it has published and never looks below."""

    mark: int = 0

    @override
    async def publish(self, engine: AsyncEngine, tape: Tape) -> int:
        below = "update outbox_pending set next_attempt_at = 'infinity' where id <= $1"
        await fetch(engine, below, self.mark)
        highest = await fetch_value(engine, "select max(id) from outbox_pending")
        published = 0
        while sent := await super().publish(engine, tape):
            published += sent
        self.mark = max(self.mark, highest or 0)
        return published


class MarkedBeforeSent(RelayOf):
    """Marks its newest row as sent, and dies before it sends it; once."""

    died: bool = False

    @override
    async def publish(self, engine: AsyncEngine, tape: Tape) -> int:
        taken = """
        with gone as (
            delete from outbox_pending where id = (
                select max(id) from outbox_pending where topic = 'cases.v1'
            ) returning id
        )
        insert into outbox_sent select id, 0, 0, clock_timestamp() from gone returning id
        """
        if not self.died:
            self.died = bool(await fetch(engine, taken))
        return await super().publish(engine, tape)


@dataclass
class OffsetBeforeTransaction(ConsumingOf):
    """Commits the offset, then begins the transaction; dies in between."""

    dies_at: int
    batches: int = 0

    @override
    async def take(self, records: list[RawRecord], house: House, tape: Tape) -> None:
        self.batches += 1
        tape.commit(house.name, records)
        if self.batches == self.dies_at:
            raise Died
        await deliver(records, to=house.consumer, engine=house.engine, pen=house.pen)


class ParksOneProducerOnly(ConsumingOf):
    """Holds back what the producer of a parked record says, and lets the others pass."""

    @override
    async def take(self, records: list[RawRecord], house: House, tape: Tape) -> None:
        for record in records:
            envelope = read_envelope(record)
            block = "update inbox_subject set blocked = $1 where subject = $2"
            held = "select producer from parked_event where subject = $1 and state <> 'done'"
            parked = [row[0] for row in await fetch(house.engine, held, envelope.subject)]
            passes = bool(parked) and envelope.producer not in parked
            if passes:
                await fetch(house.engine, block, False, envelope.subject)  # noqa: FBT003 - SQL
            await deliver([record], to=house.consumer, engine=house.engine, pen=house.pen)
            if passes:
                await fetch(house.engine, block, True, envelope.subject)  # noqa: FBT003 - SQL
        tape.commit(house.name, records)


@dataclass
class DuplicateApplied(ConsumingOf):
    """Handles what it has handled before once more: its cursor does not count."""

    types: Sequence[str]
    done: set[str] = field(default_factory=set)

    @override
    async def take(self, records: list[RawRecord], house: House, tape: Tape) -> None:
        for record in records:
            await deliver([record], to=house.consumer, engine=house.engine, pen=house.pen)
            headers = record.headers
            if headers["ce_type"] in self.types and headers["ce_id"] not in self.done:
                self.done.add(headers["ce_id"])
                await self._again(record, house)
        tape.commit(house.name, records)

    async def _again(self, record: RawRecord, house: House) -> None:
        envelope = read_envelope(record)
        stream = (envelope.producer, envelope.subject, envelope.sequence - 1)
        back = (
            "update inbox_cursor set last_sequence = $3"
            " where producer = $1 and subject = $2 and last_sequence = $3 + 1"
        )
        await fetch(house.engine, back, *stream)
        await deliver([record], to=house.consumer, engine=house.engine, pen=house.pen)


class SilentTimers(TimersOf):
    """Never fires."""

    @override
    async def fire(self, house: House) -> None:
        """Do nothing, whatever is due."""


class HastyTimers(TimersOf):
    """Fires what will be due one day."""

    @override
    async def fire(self, house: House) -> None:
        async def work(tx: Tx) -> None:
            rows = await (await tx.raw()).fetch("select marketplace, subject from sla_cases")
            cases = [_soon(row, tx) for row in rows]
            locked = await views.lock_many(tx, [case.case_id for case in cases])
            held = await clocks.list_of(tx, locked, marketplaces={row[0] for row in rows})
            turns = [
                Turn(
                    state=locked[case.case_id].state,
                    moves=fire_clocks._fire_case(held[case.case_id], case, RULES),  # noqa: SLF001 - surgery
                )
                for case in cases
            ]
            await settle_moves(tx, turns, rules=RULES)

        await house.do(work)


def _soon(row: Any, tx: Tx) -> DueCase:  # noqa: ANN401 - a row of an untyped driver
    far = tx.now + timedelta(days=400)
    return DueCase(marketplace=row["marketplace"], case_id=row["subject"], reached=far)


def forgetful(type_: str) -> Fold:
    """Make a fold that pays no attention to one type of event."""

    def folds(state: CaseState | None, event: Event[Contract]) -> Folded:
        if state is not None and event.envelope.type == type_:
            return Folded(state=state, changed=False)
        return fold(state, event)

    return folds


def dropping_a_leaf(sequencing: Duty) -> Duty:
    """Let a sequencer go past one staged event as if it had given it a leaf; once."""
    dropped = """
    with gone as (
        delete from staged where event_id = (
            select event_id from staged order by received_at desc, partition desc,
                "offset" desc, sequence desc limit 1
        ) returning producer, topic, subject, sequence
    )
    insert into streams as s (producer, topic, subject, last_sequence)
    select producer, topic, subject, sequence from gone
    on conflict (producer, topic, subject) do update set last_sequence = excluded.last_sequence
    returning subject
    """
    gone: list[Any] = []

    async def work(tx: Tx) -> bool | None:
        if not gone:
            gone.extend(await (await tx.raw()).fetch(dropped))
        done: bool | None = await sequencing.work(tx)
        return done

    return replace(sequencing, work=work)


def forking(signing: Duty, key: NoteSigner) -> Duty:
    """Let a signer show the world another head of the size that it has just signed."""

    async def work(tx: Tx) -> None:
        await signing.work(tx)
        found = await log.read(tx)
        other = Head(found.head.size, bytes(32))
        note = checkpoint(other, signers=[key])
        fact = CheckpointSigned(
            origin=key.name,
            size=other.size,
            root=b64encode(other.root).decode(),
            note=b64encode(note.encode()).decode(),
        )
        outbox.announce(tx, fact, subject=log.LOG)

    return replace(signing, work=work)


def poisoned(consumer: Consumer, type_: str) -> Consumer:
    """Let a consumer's handler fail for good on one type of event."""

    async def fails(event: AnyEvent, tx: Tx) -> None:
        raise Permanent(f"poisoned: {event.envelope.type}")

    subscriptions = tuple(
        replace(one, handle=fails)
        if isinstance(one, Subscription) and one.event_type == type_
        else one
        for one in consumer.subscriptions
    )
    return replace(consumer, subscriptions=subscriptions)
