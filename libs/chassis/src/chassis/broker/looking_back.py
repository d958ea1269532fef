"""Reading what stands in a topic already, outside of any group: nobody's offset moves by it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from chassis.broker.reader import Reader
from chassis.broker.writer import BrokerAway
from chassis.cloudevents import RawRecord

_NONE: Final[Mapping[int, int]] = MappingProxyType({})


async def look_back(
    reader: Reader, topic: str, *, since_ms: int, known: Mapping[int, int] = _NONE
) -> AsyncIterator[Sequence[RawRecord]]:
    """
    Yield what a topic holds from an instant on (ms) to what is its end now, in pieces.

    Of a partition in `known` only what stands behind that offset. A topic that does not exist
    holds nothing.

    Raises:
        BrokerAway: Begin again later.
    """
    try:
        partitions = await _partitions(reader.consumer, reader.prefix + topic)
        if not partitions:
            return
        ends = await reader.consumer.end_offsets(partitions)
        await _go_to(reader, ends, since_ms=since_ms, known=known)
        while await _is_before(reader.consumer, ends):
            for records in (await reader.fetch()).values():
                yield records
    except (KafkaError, OSError) as error:
        raise BrokerAway(type(error).__name__) from error


async def _partitions(consumer: Any, topic: str) -> list[TopicPartition]:  # noqa: ANN401 - of an untyped library
    # Asked for anew: what a client without a subscription knows of topics may be old, or nothing.
    cluster = await consumer._client.fetch_all_metadata()  # noqa: SLF001 - `topics()` tells names, and no partitions
    numbers = cluster.partitions_for_topic(topic) or ()
    return [TopicPartition(topic, number) for number in sorted(numbers)]


async def _go_to(
    reader: Reader, ends: dict[TopicPartition, int], *, since_ms: int, known: Mapping[int, int]
) -> None:
    consumer = reader.consumer
    consumer.assign(list(ends))
    places = await consumer.offsets_for_times(dict.fromkeys(ends, max(since_ms, 0)))
    for partition, end in ends.items():
        place = places.get(partition)
        behind = known.get(partition.partition, -1) + 1
        reader.returned[partition] = min(max(place.offset if place else end, behind), end)
        consumer.seek(partition, reader.returned[partition])


async def _is_before(consumer: Any, ends: dict[TopicPartition, int]) -> bool:  # noqa: ANN401 - of an untyped library
    positions = [await consumer.position(partition) for partition in ends]
    return any(at < end for at, end in zip(positions, ends.values(), strict=True))
