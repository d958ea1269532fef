"""The relay and the consume loop, over a real Kafka and a real PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from belfry import PATIENCE, World, kafka_client, put, ring
from bells import BELLS, a_record, answered, hall, rows
from chassis.cloudevents import RawRecord
from chassis.consumer import Gap, Sink
from chassis.door import Tx
from stack.waiting import until


class TestTheRoad:
    async def test_leads_from_an_outbox_to_a_handler(self, world: World) -> None:
        async with world.at_work(world.relay().run, world.reading(hall()).run):
            await ring(world.engine, 1, 2, 3)

            await world.have_answered(1, 2, 3)

        assert set(world.changed) == {"front"}

    async def test_goes_on_where_it_was_after_a_restart(self, world: World) -> None:
        async with world.at_work(world.relay().run, world.reading(hall()).run):
            await ring(world.engine, 1)
            await world.have_answered(1)
        again = World(world.engine, world.kafka)
        await ring(world.engine, 2)

        async with again.at_work(again.relay().run, again.reading(hall()).run):
            await again.have_answered(1, 2)

    async def test_repairs_a_gap_by_asking(self, world: World) -> None:
        async with kafka_client(world.kafka) as producer:
            asked: list[Gap] = []

            async def ask(gap: Gap) -> None:
                asked.append(gap)
                await put(producer, world.kafka, a_record(sequence=2))
                await put(producer, world.kafka, a_record(sequence=3))

            reading = world.reading(hall())

            async def drain() -> None:
                await reading.keep_draining(ask)

            async with world.at_work(reading.run, drain):
                await put(producer, world.kafka, a_record(sequence=1))
                await put(producer, world.kafka, a_record(sequence=3))

                await world.have_answered(1, 2, 3)

        assert [gap.from_sequence for gap in asked] == [2]


_MAGIC = 16
_NO_LEADER_YET = 6


@pytest.mark.fault(44)
class TestGarbage:
    async def test_is_quarantined_and_the_partition_moves_on(self, world: World) -> None:
        good = a_record()
        garbage = [
            replace(good, value=b"\xff\xfe garbage"),
            replace(good, headers={}),
            replace(good, value=None),
            replace(good, key=b"\xff", headers={}),
            replace(good, headers={**good.headers, "ce_sequence": "x"}),
            replace(good, headers={**good.headers, "big": "x" * 500_000}),
        ]
        async with (
            kafka_client(world.kafka) as producer,
            world.at_work(world.reading(hall()).run),
        ):
            for record in garbage[1:5]:
                await put(producer, world.kafka, record)
            topic = world.kafka.prefix + BELLS
            for headers in ([("ce_id", b"\xff")], [("a", b"1"), ("a", b"2")]):
                await producer.send_and_wait(topic, b"{}", b"front", partition=0, headers=headers)
            await put(producer, world.kafka, garbage[5])
            await put(producer, world.kafka, a_record(sequence=2))

            await world.have_answered(1, 2)

        assert await rows(world.engine, "select count(*) from quarantine") == [(6,)]

    async def test_is_passed_over_when_the_client_cannot_even_read_it(self, world: World) -> None:
        """A header name that is no UTF-8 once stopped the partition for ever."""
        async with (
            kafka_client(world.kafka) as producer,
            world.at_work(world.reading(hall()).run),
        ):
            await put(producer, world.kafka, a_record(sequence=1))
            await put_raw(producer, world.kafka.prefix + BELLS, _with_an_unreadable_header())
            await put(producer, world.kafka, a_record(sequence=2))

            await world.have_answered(1, 2)

        refused = "select src_offset, error from quarantine"
        assert await rows(world.engine, refused) == [(1, "the name of a header is not UTF-8")]

    async def test_in_a_format_of_no_kafka_never_enters_the_topic(self, world: World) -> None:
        """The magic byte of a batch names its format; the broker itself looks at it."""
        strange = bytearray(_with_an_unreadable_header())
        strange[_MAGIC] = 9
        topic = world.kafka.prefix + BELLS
        async with (
            kafka_client(world.kafka) as producer,
            world.at_work(world.reading(hall()).run),
        ):
            await put(producer, world.kafka, a_record(sequence=1))

            assert await place(producer, topic, bytes(strange)) not in {0, _NO_LEADER_YET}

            await put(producer, world.kafka, a_record(sequence=2))
            await world.have_answered(1, 2)
        assert await rows(world.engine, "select * from quarantine") == []

    async def test_costs_no_record_of_another_partition(self, world: World) -> None:
        """The client had taken those already when it met the poison, and threw them away."""
        topic = world.kafka.prefix + BELLS
        async with kafka_client(world.kafka) as producer:
            for n in range(1, 4):
                await put(producer, world.kafka, a_record(sequence=n))
                for partition in (1, 2):
                    await put_raw(producer, topic, _with_an_unreadable_header(), partition)
                    other = a_record(sequence=n, about=f"other-{partition}")
                    await put(producer, world.kafka, other, partition)

        async with world.at_work(world.reading(hall()).run):

            async def all_came() -> bool:
                return len(await answered(world.engine)) == 9

            await until(all_came, within=PATIENCE)

        assert await rows(world.engine, "select count(*) from quarantine") == [(6,)]


async def put_raw(producer: AIOKafkaProducer, topic: str, batch: bytes, partition: int = 0) -> None:
    """
    Send a batch of records as it is: the client itself would not make this one.

    A partition that was made just now has no leader yet and says so; nothing is written then.
    """

    async def is_placed() -> bool:
        return await place(producer, topic, batch, partition) == 0

    await until(is_placed, within=PATIENCE)


async def place(producer: AIOKafkaProducer, topic: str, batch: bytes, partition: int = 0) -> int:
    """Send a batch once; return the broker's code: 0 for done."""
    request = ProduceRequest(None, -1, 5000, [(topic, [(partition, batch)])])
    node = producer.client.cluster.leader_for_partition(TopicPartition(topic, partition))
    answer = await producer.client.send(node, request)
    ((_topic, (placed,)),) = answer.topics
    code: int = placed[1]
    return code


def _with_an_unreadable_header() -> bytes:
    batch = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=10_000,
    )
    batch.append(0, timestamp=1, key=b"k", value=b"v", headers=[("zzzz", b"1")])
    broken = bytearray(batch.build().replace(b"zzzz", b"\xff\xfe\xff\xfe"))
    # The checksum covers everything after itself.
    broken[17:21] = calc_crc32c(bytes(broken[21:])).to_bytes(4)
    return bytes(broken)


class TestSink:
    async def test_keeps_records_in_the_order_of_their_partition(self, world: World) -> None:
        kept: list[tuple[int, int]] = []

        async def store(records: Sequence[RawRecord], /, *, tx: Tx) -> None:
            kept.extend((record.partition, record.offset) for record in records)

        sink = Sink(name="audit", topics=(BELLS,), store=store)
        async with world.at_work(world.relay().run, world.reading(sink).run):
            await ring(world.engine, *range(1, 8))

            async def all_kept() -> bool:
                return len(kept) == 7

            await until(all_kept, within=PATIENCE)

        assert kept == sorted(kept)


class TestCaughtUp:
    async def test_tells_of_every_partition_that_was_read_to_its_end(self, world: World) -> None:
        told: dict[tuple[str, int], datetime] = {}

        async def hear(read_to: Mapping[tuple[str, int], datetime], /, *, tx: Tx) -> None:
            told.update({place: at for place, at in read_to.items() if at <= tx.now})

        consumer = replace(hall(), caught_up=hear)
        async with world.at_work(world.relay().run, world.reading(consumer).run):
            await ring(world.engine, 1)
            await world.have_answered(1)

            async def three() -> bool:
                return len(told) == 3

            await until(three, within=PATIENCE)
            first = dict(told)

            async def later() -> bool:
                return all(told[place] > at for place, at in first.items())

            await until(later, within=PATIENCE)
