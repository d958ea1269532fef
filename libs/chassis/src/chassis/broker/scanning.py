"""A topic from its beginning to what is its end now: what was ever said, not what is new."""

from collections.abc import AsyncIterator

from chassis.broker.connecting import Kafka
from chassis.broker.looking_back import look_back
from chassis.cloudevents import RawRecord


async def scan(kafka: Kafka, topic: str, *, since_ms: int = 0) -> AsyncIterator[RawRecord]:
    """
    Yield each record of a topic from an instant on (ms). Moves no group's offsets.

    It waits for a broker that does not answer: give it a time-out.

    Raises:
        BrokerAway: Begin again later.
    """
    async with kafka.looking_back() as reader:
        async for records in look_back(reader, topic, since_ms=since_ms):
            for record in records:
                yield record
