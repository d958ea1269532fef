import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from contracts.catalogue import TOPICS
from corner import frozen
from stack.blocks import claimed_block
from stack.broken import StackProblem
from stack.downloads import kafka_version
from stack.kafka import Detour, Kafka, running_kafka
from stack.layout import home, scratch
from stack.topics import create_topics

DAY = 24 * 60 * 60 * 1000
LONGER_THAN_A_SESSION = 4.0  # seconds; of a broker, 2


@pytest.fixture(scope="module")
def broker() -> Iterator[Kafka]:
    with (
        claimed_block(home() / "ports") as ports,
        scratch() as folder,
        running_kafka(
            folder,
            ports.kafka,
            controller=ports.controller,
            detours=[Detour(name="FOR_ROUTER", listener=ports.service(1), told=ports.service(2))],
        ) as broker,
    ):
        yield broker


async def settings(broker: Kafka, topic: str) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    await admin.close()
    entries = answers[0].resources[0][4]
    return {entry[0]: entry[1] for entry in entries}


async def partitions(broker: Kafka, topic: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    described = await admin.describe_topics([topic])
    await admin.close()
    return len(described[0]["partitions"])


class TestNotesOfClasses:
    async def test_fit_the_java_that_made_them(self, broker: Kafka) -> None:
        assert await version_of(broker, share="-Xshare:on") == kafka_version()

    async def test_that_are_not_there_are_done_without(self, broker: Kafka, tmp_path: Path) -> None:
        without = replace(broker, notes=f"-XX:SharedArchiveFile={tmp_path / 'none.jsa'}")

        assert await version_of(without, share="-Xshare:auto") == kafka_version()
        assert await version_of(without, share="-Xshare:on") is None


async def version_of(broker: Kafka, *, share: str) -> str | None:
    """Ask Kafka's program itself; with `-Xshare:on` Java does not start without its notes."""
    java, *rest = broker.java("kafka.Kafka", "--version")
    options = [option for option in rest if not option.startswith("-Xshare")]
    asked = await asyncio.create_subprocess_exec(java, share, *options, stdout=PIPE, stderr=DEVNULL)
    said, _ = await asyncio.wait_for(asked.communicate(), timeout=60)
    return said.decode().split()[0] if asked.returncode == 0 else None


class TestCreateTopics:
    async def test_makes_all_of_the_catalogue(self, broker: Kafka) -> None:
        await create_topics(broker.address, prefix="all.")

        assert await create_topics(broker.address, prefix="all.") == []
        for topic in TOPICS:
            assert await partitions(broker, f"all.{topic.name}") == topic.partitions

    @pytest.mark.parametrize(
        ("topic", "setting", "value"),
        [
            ("cases.v1", "message.timestamp.type", "LogAppendTime"),
            ("cases.v1", "retention.ms", str(400 * DAY)),
            ("governance.v1", "message.timestamp.type", "LogAppendTime"),
            ("handoffs.finance.v1", "message.timestamp.type", "CreateTime"),
            ("handoffs.finance.v1", "retention.ms", str(90 * DAY)),
            ("playbooks.v1", "cleanup.policy", "compact"),
        ],
    )
    async def test_gives_each_its_settings(
        self, broker: Kafka, topic: str, setting: str, value: str
    ) -> None:
        await create_topics(broker.address, prefix="set.")

        assert (await settings(broker, f"set.{topic}"))[setting] == value

    async def test_refuses_another_number_of_partitions(self, broker: Kafka) -> None:
        await create_topics(broker.address, prefix="odd.")
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
        await admin.start()
        await admin.create_partitions({"odd.cases.v1": NewPartitions(13)})
        await admin.close()
        async with asyncio.timeout(20):
            while await partitions(broker, "odd.cases.v1") != 13:
                pass

        with pytest.raises(StackProblem, match=r"odd\.cases\.v1 has 13 partitions"):
            await create_topics(broker.address, prefix="odd.")

    async def test_waits_for_a_broker_that_was_frozen_and_knows_of_none(
        self, broker: Kafka
    ) -> None:
        given_up = asyncio.Event()  # by the controller; nothing tells us, so it is only waited for
        with frozen(broker), suppress(TimeoutError):
            await asyncio.wait_for(given_up.wait(), timeout=LONGER_THAN_A_SESSION)

        made = await create_topics(broker.address, prefix="thawed.")

        assert len(made) == len(TOPICS)


class TestRunningKafka:
    async def test_keeps_what_it_acknowledged(self, broker: Kafka) -> None:
        await create_topics(broker.address, prefix="kept.")
        producer = AIOKafkaProducer(bootstrap_servers=broker.address, acks="all")
        await producer.start()

        await producer.send_and_wait("kept.cases.v1", b"said", key=b"case")
        await producer.stop()

        assert await first_value(broker, "kept.cases.v1") == b"said"


async def first_value(broker: Kafka, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker.address, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), timeout=20)
        value: bytes | None = record.value
        return value
    finally:
        await consumer.stop()


class TestADetour:
    async def test_is_where_its_client_alone_is_told_that_kafka_is(self, broker: Kafka) -> None:
        [detour] = broker.detours

        assert await told(f"127.0.0.1:{detour.listener}") == detour.told
        assert await told(broker.address) == broker.port


async def told(address: str) -> int:
    """Ask a broker under which port it wants to be known."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    # Not `start`: it goes on to where it is told, and nobody stands there.
    await admin._client.bootstrap()  # noqa: SLF001 - the only place that knows what was told
    [node] = admin._client.cluster.brokers()  # noqa: SLF001 - as above
    await admin.close()
    port: int = node.port
    return port
