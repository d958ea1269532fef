"""The loop that reads topics: fetch, hand over, then move the offsets."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import failpoint
from chassis.broker import AT_ONCE, Kafka, Partition, Reader, host_clock
from chassis.clock import wait_or_stop
from chassis.cloudevents import RawRecord
from chassis.consumer import deliver, store
from chassis.door import Journey, Pen, Tx, run
from chassis.draining import Ask, drain_due
from chassis.failures import Kind, classify, describe
from chassis.missing import Heads, ask_for_missing
from chassis.parking import make_due
from chassis.single import fetch_value
from chassis.subscriptions import Consumer, Sink
from chassis.taking import Reader as Taker
from chassis.watchdog import Watchdog

COMMIT_EVERY: Final = 0.25  # seconds: what is read again has no effect twice
CAUGHT_UP_EVERY: Final = 0.5
_GIVE_UP: Final = 3.0
DRAIN_EVERY: Final = 1.0
_SINK_AT_ONCE: Final = 500
_TRANSACTIONS: Final = 2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0

_ASKS_EVERY: Final = 60.0
_LOST = Counter(
    "chassis_records_gone_unread",
    "Partitions of which records went before they were read.",
    ("service", "topic"),
)
_PAUSES = Counter(
    "chassis_consuming_pauses", "Tries that nothing could be done about: paused.", ("consumer",)
)
_LAG = Gauge("chassis_consumer_lag", "Records that wait in Kafka.", ("consumer",))
_log = structlog.get_logger()


class CutOff(Exception):
    """Work on records was cut off, and not by us: read them again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One consumer or sink at work in this process."""

    to: Consumer | Sink
    engine: AsyncEngine
    pen: Pen
    kafka: Kafka
    stopping: asyncio.Event
    changed: Callable[[str], None]
    """Called with each subject of which something was taken."""
    at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_TRANSACTIONS))
    parked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something was parked: it may be repaired at once."""
    outage_over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the database answers again: what failed because of it is due at once."""
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when records went from a topic before they were read."""
    watchdog: Watchdog | None = None

    async def run(self) -> None:
        """
        Read until told to stop; then commit and leave the group.

        Raises:
            BrokerAway: Begin again with a new client, after a pause.
            ClientSilent: The same: this one has stopped working.
            CutOff: The same: records were fetched, and not taken.
        """
        async with self.kafka.reader(self.to.name, self.to.topics) as reader:
            if self.watchdog is None:
                await self._read(reader)
            else:
                await self.watchdog.over(reader, self._read(reader))

    async def _read(self, reader: Reader) -> None:
        mark, committed = _Mark(), 0.0
        clock = asyncio.get_running_loop().time
        while not self.stopping.is_set():
            await self._unless_away(self._set_mark(mark, reader))
            found = await reader.fetch()
            self._note_lost(await reader.find_lost())
            with self.watchdog.handling() if self.watchdog else nullcontext():
                await self._take_all(found, reader)
                await self._unless_away(self._tell_caught_up(mark, reader))
            if clock() - committed > COMMIT_EVERY:
                committed = clock()
                await self._commit(reader)
        await self._commit(reader)

    def _note_lost(self, partitions: Collection[Partition]) -> None:
        for topic, partition in partitions:
            _LOST.labels(self.to.name, topic).inc()
            _log.error(
                "records_gone_unread", consumer=self.to.name, topic=topic, partition=partition
            )
            self.lost.set()

    async def keep_asking(self, heads: Heads, ask: Ask) -> None:
        """
        Ask every producer for what is missing here, whenever records went before they were read.

        Raises:
            ProducerSilent: One could not be asked. Begin again after a pause.
        """
        while isinstance(self.to, Consumer) and not self.stopping.is_set():
            if self.lost.is_set():
                taker = Taker(to=self.to, engine=self.engine, pen=self.pen)
                await ask_for_missing(by=taker, heads=heads, ask=ask)
                self.lost.clear()
            await _either(self.lost, self.stopping, seconds=_ASKS_EVERY)

    async def _unless_away(self, telling: Awaitable[None]) -> None:
        """Leave it for the next round when the database is away: that is no fault of the client."""
        try:
            await telling
        except Exception as error:
            if classify(error) is not Kind.SYSTEMIC:
                raise
            _log.warning("catching_up_unknown", consumer=self.to.name, error=describe(error))
            await wait_or_stop(self.stopping, _FIRST_PAUSE)

    async def _commit(self, reader: Reader) -> None:
        _LAG.labels(self.to.name).set(reader.lag())
        failpoint.reach("before_offsets")
        if not await reader.commit():
            _log.warning("offsets_not_committed", consumer=self.to.name)

    async def _take_all(
        self, found: Mapping[Partition, Sequence[RawRecord]], reader: Reader
    ) -> None:
        size = AT_ONCE if isinstance(self.to, Consumer) else _SINK_AT_ONCE
        async with asyncio.TaskGroup() as tasks:
            begun = [
                tasks.create_task(self._take(parcel, reader, size))
                for parcel in pack(list(found.values()), size=size)
            ]
        # A group takes a task that a library has cancelled for one that is done. Its records were
        # not taken: going on would move the offsets past them.
        if any(task.cancelled() for task in begun):
            raise CutOff("records were fetched, and not taken")

    async def _take(self, parcel: Sequence[RawRecord], reader: Reader, size: int) -> None:
        for start in range(0, len(parcel), size):
            chunk = parcel[start : start + size]
            async with self.at_once:
                if not await self._take_until_done(chunk):
                    return
            for record in chunk:
                reader.done((record.topic, record.partition), record.offset)

    async def _take_until_done(self, records: Sequence[RawRecord]) -> bool:
        """Hand records over, again and again while nothing goes: the database is away."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._hand_over(records)
            except Exception as error:  # noqa: BLE001 - no record's fault: logged, tried again
                _PAUSES.labels(self.to.name).inc()
                _log.error("consuming_paused", consumer=self.to.name, error=describe(error))
            else:
                if pause > _FIRST_PAUSE:
                    self._note_end_of_outage()
                return True
            if await wait_or_stop(self.stopping, pause):
                return False
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _note_end_of_outage(self) -> None:
        _log.info("consuming_resumed", consumer=self.to.name)
        self.outage_over.set()
        self.parked.set()

    async def _hand_over(self, records: Sequence[RawRecord]) -> None:
        if isinstance(self.to, Sink):
            await store(records, to=self.to, engine=self.engine, pen=self.pen)
            return
        outcome = await deliver(records, to=self.to, engine=self.engine, pen=self.pen)
        for subject in outcome.subjects:
            self.changed(subject)
        if outcome.parked:
            self.parked.set()

    async def keep_draining(self, ask: Ask) -> None:
        """
        Take parked records on: right after something was parked, and every second.

        What waits for another try does not wait out its pause when the database has come back,
        nor when this begins: the process is new, or draining itself has failed.
        """
        if not isinstance(self.to, Consumer):
            return
        taker = Taker(to=self.to, engine=self.engine, pen=self.pen)
        self.outage_over.set()
        while not self.stopping.is_set():
            self.parked.clear()
            if self.outage_over.is_set():
                await taker.run(partial(make_due, consumer=self.to.name))
                self.outage_over.clear()
            outcome = await drain_due(by=taker, ask=ask)
            for subject in outcome.subjects:
                self.changed(subject)
            await _either(self.parked, self.stopping, seconds=DRAIN_EVERY)

    async def _set_mark(self, mark: "_Mark", reader: Reader) -> None:
        """Note the database's time before a fetch: what comes after it was not there by then."""
        if not isinstance(self.to, Consumer) or self.to.caught_up is None:
            return
        now = asyncio.get_running_loop().time()
        # A mark stays until all have answered after it: renewed too early, it is never reached.
        answered = mark.told >= reader.assigned()
        if mark.at is None or now - mark.set_at > (CAUGHT_UP_EVERY if answered else _GIVE_UP):
            # In this order: a poll after the host's instant is then one after the database's, too.
            mark.at = await self._database_time()
            mark.host, mark.set_at, mark.told = host_clock(), now, set()

    async def _database_time(self) -> datetime:
        found: datetime = await fetch_value(self.engine, "select clock_timestamp()")
        return found

    async def _tell_caught_up(self, mark: "_Mark", reader: Reader) -> None:
        if not isinstance(self.to, Consumer) or (hear := self.to.caught_up) is None:
            return
        read = await reader.read_to_end(since=mark.host) - mark.told
        if not read or mark.at is None:
            return
        read_to = dict.fromkeys(read, mark.at)

        async def tell(tx: Tx) -> None:
            await hear(read_to, tx=tx)

        journey = Journey(actor=f"service:{self.to.name}")
        await run(self.engine, tell, pen=self.pen, journey=journey)
        mark.told |= read


def pack(partitions: Sequence[Sequence[RawRecord]], *, size: int) -> list[Sequence[RawRecord]]:
    """
    Put what came from several partitions together, up to `size` records; longer ones stay alone.

    A transaction costs the same for one record as for ten, and most fetches bring one or two of
    each partition. A subject lives in one partition, so nothing changes its order.
    """
    parcels: list[Sequence[RawRecord]] = []
    small: list[RawRecord] = []
    for records in sorted(partitions, key=len):
        if small and len(small) + len(records) > size:
            parcels.append(small)
            small = []
        small = [*small, *records]
    return [*parcels, small] if small else parcels


@dataclass(slots=True)
class _Mark:
    """The instant of which partitions are asked whether they were read to their end."""

    at: datetime | None = None
    host: float = 0.0
    set_at: float = 0.0
    told: set[Partition] = field(default_factory=set)


async def _either(first: asyncio.Event, second: asyncio.Event, *, seconds: float) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in (first, second)]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
