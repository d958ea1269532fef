"""Kafka as far as mutants need it: partitions that only grow, and offsets that groups commit."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count

from chassis.cloudevents import RawRecord
from harness.facts import Record

PARTITIONS = 3
_APPENDED_FROM = 1_795_000_000_000  # ms; any time will do


@dataclass(slots=True, kw_only=True)
class Tape:
    """Takes records as a `Writer` does, and gives each group what it has not committed."""

    partitions: dict[tuple[str, int], list[RawRecord]] = field(default_factory=dict)
    committed: dict[tuple[str, str, int], int] = field(default_factory=dict)
    _time: "count[int]" = field(default_factory=lambda: count(_APPENDED_FROM))

    async def send(
        self,
        topic: str,
        *,
        key: bytes,
        value: bytes,
        headers: Mapping[str, str],
        alone: bool = False,  # noqa: ARG002 - a Writer has it
    ) -> tuple[int, int]:
        partition = zlib.crc32(key) % PARTITIONS
        records = self.partitions.setdefault((topic, partition), [])
        record = RawRecord(
            topic=topic,
            partition=partition,
            offset=len(records),
            key=key,
            headers=dict(headers),
            value=value,
            timestamp_ms=next(self._time),
        )
        records.append(record)
        return partition, record.offset

    def unread(self, group: str, topics: Sequence[str]) -> list[list[RawRecord]]:
        """Give what a group has not committed, a list a partition."""
        found = [
            records[self.committed.get((group, topic, partition), 0) :]
            for (topic, partition), records in self.partitions.items()
            if topic in topics
        ]
        return [records for records in found if records]

    def commit(self, group: str, records: Sequence[RawRecord]) -> None:
        last = records[-1]
        self.committed[group, last.topic, last.partition] = last.offset + 1

    def records(self) -> list[Record]:
        return [_seen(record) for records in self.partitions.values() for record in records]


def _seen(record: RawRecord) -> Record:
    headers = record.headers
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        event_id=headers["ce_id"],
        producer=headers["ce_source"].rpartition("/")[2],
        subject=headers["ce_subject"],
        sequence=int(headers["ce_sequence"]),
        type=headers["ce_type"],
        digest=f"sha256:{sha256(record.value or b'').hexdigest()}",
    )
