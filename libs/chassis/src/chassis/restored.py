"""A producer restored from a backup must not speak: it would take places that are taken already."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import signing
from chassis.broker import Kafka, look_back
from chassis.clock import wait_or_stop
from chassis.cloudevents import SOURCE_PREFIX, NotAnEvent, RawRecord, read_envelope
from chassis.outbox import MayNotSpeak
from chassis.signing import BadSignature, Signer
from chassis.single import fetch
from contracts.catalogue import CONTRACTS
from contracts.event import Envelope

# An event is published after it is said: what a younger database has said stands in the topic
# behind the last thing that this one has said, but for the difference of two clocks.
_CLOCKS_DIFFER: Final = timedelta(minutes=10)
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_LOOK_AGAIN: Final = 10.0
_LAST_SAID = "select topic, max(last_time) as last_time from stream_head group by topic"
# What was committed after a backup was published after it: it stands behind all that the backup
# knows to be published. Lately is enough: it only spares reading what the instant above allows.
_PLACES = """
select o.topic, s.kafka_partition, max(s.kafka_offset) as place
from (select * from outbox_sent order by id desc limit 5000) as s join outbox as o on o.id = s.id
group by o.topic, s.kafka_partition
"""
_HEADS = """
select topic, subject, last_sequence from stream_head
where (topic, subject) in (select * from unnest($1::text[], $2::text[]))
"""
_AHEAD = Gauge(
    "chassis_streams_ahead_of_database",
    "Streams of which a topic holds more of this service than its own database.",
)
_log = structlog.get_logger()


class ProducerRestored(MayNotSpeak):
    """This database is older than what its service has said: nothing may be said from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An event of this service as it stands in a topic."""

    record: RawRecord
    envelope: Envelope

    @property
    def stream(self) -> tuple[str, str]:
        return self.record.topic, self.envelope.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Whose words are looked for, and where."""

    service: str
    signer: Signer
    engine: AsyncEngine
    kafka: Kafka


@dataclass(slots=True, kw_only=True)
class Standing:
    """Whether this process may speak for its service."""

    forced: bool = False
    behind: str | None = None
    known: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is known that this process may speak: then it publishes and consumes."""

    def permit(self) -> None:
        """
        Let something be said.

        Raises:
            ProducerRestored: This database is behind the topics.
        """
        if self.behind and not self.forced:
            raise ProducerRestored(self.behind)

    async def wait(self, stopping: asyncio.Event) -> bool:
        """Wait until it is known; False when told to stop before that."""
        waiting = [asyncio.create_task(event.wait()) for event in (self.known, stopping)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return self.known.is_set()

    async def ask(self) -> str | None:
        """Say for `/readyz` why nothing may be said."""
        return None if self.forced else self.behind


async def keep_looking(standing: Standing, speaker: Speaker, *, stopping: asyncio.Event) -> None:
    """
    Find out, at the start, whether the topics hold what this database has forgotten.

    While they do, look again every 10 s: it may be adopted meanwhile.

    Raises:
        BrokerAway: Begin again after a pause.
    """
    while not standing.known.is_set():
        _tell(standing, await find_ahead(speaker))
        if standing.behind is None or standing.forced:
            standing.known.set()
        elif await wait_or_stop(stopping, _LOOK_AGAIN):
            return
    await stopping.wait()


def _tell(standing: Standing, ahead: Mapping[tuple[str, str], int]) -> None:
    _AHEAD.set(len(ahead))
    if not ahead:
        standing.behind = None
        return
    (topic, subject), sequence = min(ahead.items())
    standing.behind = (
        f"this database is older than what the service has said: {len(ahead)} streams of it are"
        f" ahead, among them {topic} {subject}, which has come to {sequence}; restore a newer"
        " backup, or `adopt` what the topics hold"
    )
    _log.error("producer_restored", streams=len(ahead), topic=topic, subject=subject)


async def find_ahead(speaker: Speaker) -> Mapping[tuple[str, str], int]:
    """Return the streams of which a topic has more than the database, with the last sequence."""
    ahead: dict[tuple[str, str], int] = {}
    async for said in look_back_at_own(speaker):
        heads = await read_heads(speaker.engine, said)
        for one in said:
            if one.envelope.sequence > heads.get(one.stream, 0):
                ahead[one.stream] = max(one.envelope.sequence, ahead.get(one.stream, 0))
    return ahead


async def look_back_at_own(speaker: Speaker) -> AsyncIterator[Sequence[Said]]:
    """Yield what the service may have said since the newest event that its database knows."""
    rows = await fetch(speaker.engine, _LAST_SAID)
    last_said = dict.fromkeys(_topics_of(speaker.service), _EPOCH) | {r[0]: r[1] for r in rows}
    if not last_said:
        return  # and no client either: one that is never used fails when it is stopped
    known: dict[str, dict[int, int]] = {}
    for topic, partition, place in await fetch(speaker.engine, _PLACES):
        known.setdefault(topic, {})[partition] = place
    async with speaker.kafka.looking_back() as reader:
        for topic, last_time in sorted(last_said.items()):
            since, places = _milliseconds(last_time - _CLOCKS_DIFFER), known.get(topic, {})
            async for records in look_back(reader, topic, since_ms=since, known=places):
                if said := [one for record in records if (one := _read(record, speaker))]:
                    yield said


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _topics_of(service: str) -> set[str]:
    return {contract.topic for contract in CONTRACTS.values() if contract.producer == service}


def _read(record: RawRecord, speaker: Speaker) -> Said | None:
    """Read what is this service's own. A forger could silence it if signatures were not held."""
    if record.headers.get("ce_source") != SOURCE_PREFIX + speaker.service:
        return None
    keys = {speaker.signer.key_id: speaker.signer.public_key}
    try:
        envelope = read_envelope(record)
        signing.verify(record.headers, record.value or b"", keys)
    except (NotAnEvent, BadSignature) as error:
        _log.warning("own_record_not_believed", error=str(error), topic=record.topic)
        return None
    return Said(record=record, envelope=envelope)


async def read_heads(engine: AsyncEngine, said: Sequence[Said]) -> Mapping[tuple[str, str], int]:
    """Read how far the database says the service has come in the streams of some events."""
    topics, subjects = zip(*{one.stream for one in said}, strict=True)
    rows = await fetch(engine, _HEADS, list(topics), list(subjects))
    return {(topic, subject): sequence for topic, subject, sequence in rows}
