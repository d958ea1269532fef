"""The topics of architecture.md §4, created by an explicit command and never automatically."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from stack.broken import StackProblem

PARTNER_TEAMS = ("finance", "trust", "product", "engineering", "legal")

_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a topic promises; the number of partitions never changes."""

    name: str
    partitions: int
    days: int | None = None
    compacted: bool = False
    log_append_time: bool = False

    @property
    def settings(self) -> dict[str, str]:
        clock = "LogAppendTime" if self.log_append_time else "CreateTime"
        settings = {"message.timestamp.type": clock}
        if self.compacted:
            return settings | {"cleanup.policy": "compact"}
        kept = -1 if self.days is None else self.days * _DAY_MS
        return settings | {"cleanup.policy": "delete", "retention.ms": str(kept)}


TOPICS = (
    Topic(name="cases.v1", partitions=12, days=400, log_append_time=True),
    Topic(name="governance.v1", partitions=3, days=400, log_append_time=True),
    *(Topic(name=f"handoffs.{team}.v1", partitions=6, days=90) for team in PARTNER_TEAMS),
    Topic(name="handoff-replies.v1", partitions=6, days=90),
    Topic(name="seller-messages.v1", partitions=6, days=30),
    Topic(name="playbooks.v1", partitions=1, compacted=True),
    Topic(name="audit.checkpoints.v1", partitions=1, days=400),
)


async def create_topics(
    address: str, *, topics: Sequence[Topic] = TOPICS, prefix: str = ""
) -> list[str]:
    """
    Create the topics that are missing; return their names. Those that exist stay as they are.

    Raises:
        StackProblem: An existing topic has another number of partitions, which would
            change the partition of every key.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        existing = await _partitions(admin)
        _refuse_other_partitions(topics, existing, prefix)
        missing = [topic for topic in topics if prefix + topic.name not in existing]
        await _create(admin, missing, prefix)
    finally:
        await admin.close()
    return [prefix + topic.name for topic in missing]


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    names = await admin.list_topics()
    if not names:
        return {}
    described = await admin.describe_topics(names)
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


def _refuse_other_partitions(
    topics: Sequence[Topic], existing: dict[str, int], prefix: str
) -> None:
    for topic in topics:
        found = existing.get(prefix + topic.name, topic.partitions)
        if found != topic.partitions:
            raise StackProblem(
                f"Topic {prefix}{topic.name} has {found} partitions instead of"
                f" {topic.partitions}: move its records to a new topic, or `stack reset`."
            )


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic], prefix: str) -> None:
    if not topics:
        return
    answer = await admin.create_topics(
        [
            NewTopic(prefix + topic.name, topic.partitions, 1, topic_configs=topic.settings)
            for topic in topics
        ]
    )
    for name, code, *_ in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise StackProblem(f"Kafka did not create topic {name}: {for_code(code).__name__}.")
