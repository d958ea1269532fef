"""Dumps topics with a plain Kafka client, in no group."""

from collections.abc import AsyncIterator, Collection
from hashlib import sha256
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from contracts.catalogue import TOPICS
from harness.facts import Record, Sighting

_NEEDED: Final = ("ce_id", "ce_source", "ce_subject", "ce_sequence", "ce_type")


async def dump_topics(
    kafka: str, topics: Collection[str], *, prefix: str = "", canary: str = ""
) -> tuple[list[Record], list[Sighting]]:
    """Read topics from their beginning to where they end now; note where a canary stands."""
    records: list[Record] = []
    sightings: list[Sighting] = []
    async for record in _read(kafka, [prefix + topic for topic in topics]):
        records.append(to_record(record, prefix=prefix))
        if canary and _holds(record, canary.encode()):
            where = f"{record.topic}/{record.partition}/{record.offset}"
            sightings.append(Sighting(where=where, text="a record in the clear"))
    return records, sightings


async def _read(kafka: str, topics: Collection[str]) -> AsyncIterator[ConsumerRecord]:
    # Not seek_to_beginning: the first reset, by default to the end, may come after it and win.
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = _partitions(topics)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()


def _partitions(topics: Collection[str]) -> list[TopicPartition]:
    # Named, not asked for: a broker just started may not know of them yet, and read nothing.
    return [
        TopicPartition(topic, number)
        for topic in topics
        for spec in TOPICS
        if topic.endswith(spec.name)
        for number in range(spec.partitions)
    ]


def to_record(record: ConsumerRecord, *, prefix: str = "") -> Record:
    headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    place = {
        "topic": record.topic.removeprefix(prefix),
        "partition": record.partition,
        "offset": record.offset,
    }
    if any(name not in headers for name in _NEEDED) or not headers["ce_sequence"].isdigit():
        return Record(**place, event_id=None)
    return Record(
        **place,
        event_id=headers["ce_id"],
        producer=headers["ce_source"].rpartition("/")[2],
        subject=headers["ce_subject"],
        sequence=int(headers["ce_sequence"]),
        type=headers["ce_type"],
        digest=f"sha256:{sha256(record.value or b'').hexdigest()}",
    )


def _holds(record: ConsumerRecord, needle: bytes) -> bool:
    parts = [record.key, record.value, *(value for _, value in record.headers)]
    return any(needle in part for part in parts if part)
