"""Records in, as text, from wherever the group has come to."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from chassis.broker.writer import BrokerAway
from chassis.cloudevents import RawRecord

AT_ONCE: Final = 50  # records of one partition in one transaction
_FETCH: Final = 6 * AT_ONCE
_FETCH_WAITS: Final = 200  # ms
LONG_POLL: Final = 500  # ms the broker keeps a question when it has nothing

Partition = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Reader:
    """A consumer of a group, with records as text and topics without the prefix."""

    consumer: Any
    prefix: str
    uncommitted: dict[Partition, int] = field(default_factory=dict)
    returned: dict[TopicPartition, int] = field(default_factory=dict)
    suspect: TopicPartition | None = None
    checked: set[TopicPartition] = field(default_factory=set)

    async def fetch(self) -> dict[Partition, list[RawRecord]]:
        """
        Return what has come, per partition; wait a moment when nothing has.

        Raises:
            BrokerAway: The group or the broker is lost for this client.
        """
        try:
            found = await self.consumer.getmany(timeout_ms=_FETCH_WAITS, max_records=_FETCH)
        except UnicodeDecodeError:
            await self._rewind()
            return await self._fetch_around_poison()
        except (KafkaError, OSError) as error:
            raise BrokerAway(type(error).__name__) from error
        return self._read(found)

    async def find_lost(self) -> set[Partition]:
        """
        Return partitions, of those that are new here, of which records went before we read them.

        The client itself would go on, in silence, with what is left.

        Raises:
            BrokerAway: Ask again with another client.
        """
        new = self.consumer.assignment() - self.checked
        self.checked = set(self.consumer.assignment())
        if not new:
            return set()
        try:
            begins = await self.consumer.beginning_offsets(new)
            read = {partition: await self.consumer.committed(partition) for partition in new}
        except (KafkaError, OSError) as error:
            raise BrokerAway(type(error).__name__) from error
        return {
            (self._logical(partition.topic), partition.partition)
            for partition, offset in read.items()
            if offset is not None and offset < begins[partition]
        }

    async def _rewind(self) -> None:
        """Go back to what was returned last: with the error the client lost what it had."""
        for partition in self.consumer.assignment():
            start = self.returned.get(partition)
            if start is None:
                start = await self.consumer.committed(partition)
            if start is None:
                start = (await self.consumer.beginning_offsets([partition]))[partition]
            self.consumer.seek(partition, start)

    async def _fetch_around_poison(self) -> dict[Partition, list[RawRecord]]:
        """
        Fetch a record of each partition, up to one whose header has an unreadable name: pass it.

        The client cannot read such a record, nor any other that came with it: without this, one
        record from anybody stops a partition for ever. Whose record it was the client does not
        say either; the partition that had the last one is looked at first.
        """
        found: dict[Partition, list[RawRecord]] = {}
        for partition in sorted(self.consumer.assignment(), key=self._is_unsuspected):
            try:
                one = await self.consumer.getmany(
                    partition, timeout_ms=LONG_POLL + _FETCH_WAITS, max_records=1
                )
            except UnicodeDecodeError:
                self.suspect = partition
                offset = await self.consumer.position(partition)
                self.consumer.seek(partition, offset + 1)
                self.returned[partition] = offset + 1
                poison = self._poison(partition, offset)
                found[(poison.topic, poison.partition)] = [poison]
                return found
            found |= self._read(one)
        return found

    def _is_unsuspected(self, partition: TopicPartition) -> bool:
        return bool(partition != self.suspect)

    def _poison(self, partition: TopicPartition, offset: int) -> RawRecord:
        return RawRecord(
            topic=self._logical(partition.topic),
            partition=partition.partition,
            offset=offset,
            key=None,
            headers={},
            value=None,
            timestamp_ms=0,
            defect="the name of a header is not UTF-8",
        )

    def _read(self, found: Mapping[TopicPartition, Any]) -> dict[Partition, list[RawRecord]]:
        self.returned |= {partition: records[-1].offset + 1 for partition, records in found.items()}
        return {
            (self._logical(partition.topic), partition.partition): [
                self._record(one) for one in records
            ]
            for partition, records in found.items()
        }

    def done(self, partition: Partition, offset: int) -> None:
        """Note that everything up to and with this offset has had its effect."""
        self.uncommitted[partition] = offset + 1

    async def commit(self) -> bool:
        """Tell Kafka how far we are; False: not now, what we read again has no effect twice."""
        owned = self.assigned()
        offsets = {self._physical(p): next_ for p, next_ in self.uncommitted.items() if p in owned}
        if offsets:
            try:
                await self.consumer.commit(offsets)
            except (KafkaError, OSError):
                return False
        self.uncommitted.clear()
        return True

    def last_polled(self) -> float | None:
        """Return when any assigned partition was last answered for; None: none was yet."""
        assigned = self.consumer.assignment()
        polled = [self.consumer.last_poll_timestamp(partition) for partition in assigned]
        return max((one for one in polled if one is not None), default=None)

    def lag(self) -> int:
        """Count records that the broker has told of and this client has not returned yet."""
        ends = {one: self.consumer.highwater(one) for one in self.consumer.assignment()}
        return sum(
            max(0, end - self.returned[one])
            for one, end in ends.items()
            if end is not None and one in self.returned
        )

    def is_coordinated(self) -> bool:
        """Say whether the client still speaks with its group."""
        coordinator = self.consumer._coordinator  # noqa: SLF001 - there is no other way to ask
        return not coordinator._coordination_task.done()  # noqa: SLF001 - the same

    def forget(self, revoked: Iterable[TopicPartition]) -> None:
        """Drop what was noted of partitions that another member has from now on."""
        for partition in revoked:
            self.uncommitted.pop((self._logical(partition.topic), partition.partition), None)
            self.returned.pop(partition, None)

    def assigned(self) -> set[Partition]:
        return {(self._logical(p.topic), p.partition) for p in self.consumer.assignment()}

    async def read_to_end(self, *, since: float) -> set[Partition]:
        """
        Return partitions of which nothing was left when the broker last answered.

        `since` is this host's clock (s, as `host_clock`): an older answer says nothing, because
        a frozen broker looks caught up.
        """
        return {
            (self._logical(partition.topic), partition.partition)
            for partition in self.consumer.assignment()
            if await self._is_read(partition, since * 1000)
        }

    async def _is_read(self, partition: TopicPartition, since_ms: float) -> bool:
        try:
            answered = self.consumer.last_poll_timestamp(partition)
            end = self.consumer.highwater(partition)
            if answered is None or answered < since_ms or end is None:
                return False
            position: int = await self.consumer.position(partition)
        except (IllegalStateError, AssertionError):
            return False  # revoked meanwhile: whoever has it now will tell
        return bool(position == end)

    def _logical(self, topic: str) -> str:
        return topic.removeprefix(self.prefix)

    def _physical(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self.prefix + partition[0], partition[1])

    def _record(self, one: Any) -> RawRecord:  # noqa: ANN401 - a record of an untyped library
        headers, defect = _read_headers(one.headers)
        return RawRecord(
            topic=self._logical(one.topic),
            partition=one.partition,
            offset=one.offset,
            key=one.key,
            headers=headers,
            value=one.value,
            timestamp_ms=one.timestamp,
            defect=defect,
        )


def _read_headers(headers: Iterable[tuple[str, bytes]]) -> tuple[dict[str, str], str | None]:
    """Read headers as text. One that is no UTF-8, or comes twice, makes the record no event."""
    read: dict[str, str] = {}
    defect = None
    for name, value in headers:
        if name in read:
            defect = "a header comes twice"
        try:
            read[name] = (value or b"").decode()
        except UnicodeDecodeError:
            read[name] = value.decode(errors="backslashreplace")
            defect = "a header is not UTF-8"
    return read, defect


def host_clock() -> float:
    """Return this host's time, only to compare with what the client notes of itself."""
    return time.time()
