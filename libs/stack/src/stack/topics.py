"""The topics of architecture.md §4, created by an explicit command and never automatically."""

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from contracts.catalogue import TOPICS, TopicSpec
from stack.broken import StackProblem
from stack.waiting import until

_SHOWN_WITHIN = 30.0


async def create_topics(
    address: str, *, topics: Sequence[TopicSpec] = TOPICS, prefix: str = ""
) -> list[str]:
    """
    Create the topics that are missing; return their names once the broker shows all.

    Those that exist stay as they are.

    Raises:
        StackProblem: An existing topic has another number of partitions, which would
            change the partition of every key.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        existing = await _existing(admin)
        _refuse_other_partitions(topics, existing, prefix)
        missing = [topic for topic in topics if prefix + topic.name not in existing]
        await _create(admin, missing, prefix)
        await _wait_for(admin, {prefix + topic.name for topic in topics})
    finally:
        await admin.close()
    return [prefix + topic.name for topic in missing]


def settings_of(topic: TopicSpec) -> dict[str, str]:
    """Say in Kafka's words what a topic promises."""
    return {
        "message.timestamp.type": "LogAppendTime" if topic.log_append_time else "CreateTime",
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(topic.retention_ms),
    }


async def _existing(admin: AIOKafkaAdminClient) -> dict[str, int]:
    # A broker that has just come, or was frozen, takes itself for no broker for a moment.
    found: dict[str, int] = {}

    async def answers() -> bool:
        try:
            found.update(await _partitions(admin))
        except KafkaError as error:
            if not error.retriable:
                raise
            return False
        return True

    try:
        await until(answers, within=_SHOWN_WITHIN)
    except TimeoutError as error:
        raise StackProblem("Kafka runs but does not say which topics it has: try again.") from error
    return found


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    names = await admin.list_topics()
    if not names:
        return {}
    described = await admin.describe_topics(names)
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


def _refuse_other_partitions(
    topics: Sequence[TopicSpec], existing: dict[str, int], prefix: str
) -> None:
    for topic in topics:
        found = existing.get(prefix + topic.name, topic.partitions)
        if found != topic.partitions:
            raise StackProblem(
                f"Topic {prefix}{topic.name} has {found} partitions instead of"
                f" {topic.partitions}: move its records to a new topic, or `stack reset`."
            )


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[TopicSpec], prefix: str) -> None:
    if not topics:
        return
    answer = await admin.create_topics(
        [
            NewTopic(prefix + topic.name, topic.partitions, 1, topic_configs=settings_of(topic))
            for topic in topics
        ]
    )
    for name, code, *_ in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise StackProblem(f"Kafka did not create topic {name}: {for_code(code).__name__}.")


async def _wait_for(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    # The controller answers before the broker has heard of a topic.
    async def all_shown() -> bool:
        return not names - (await _partitions(admin)).keys()

    try:
        await until(all_shown, within=_SHOWN_WITHIN)
    except TimeoutError as error:
        raise StackProblem("Kafka made the topics but does not show them: try again.") from error
