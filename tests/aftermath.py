"""What must hold once a troubled stack has come to rest, read from its topic and its tables."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from contracts.catalogue import TOPICS
from stack.stacks import ALL_SERVICES, Stack

CASES = "cases.v1"
FOLDING = tuple(service for service in ALL_SERVICES if service != "audit")
# What every case hears once; and what it hears at most once, however often its cause comes.
ONCE = ("case.opened.v1", "case.classified.v1", "case.routed.v1")
AT_MOST_ONCE = (*ONCE, "evidence.requested.v1", "seller.message_sent.v1")

_PENDING = "select count(*) from outbox_pending"
_STAGED = "select count(*) from staged"
_PARKED = "select reason, state, error from parked_event where state in ('waiting', 'dead')"
_HEADS = "select subject, last_sequence from stream_head where topic = 'cases.v1'"
_CURSORS = "select producer, subject, last_sequence from inbox_cursor where topic = 'cases.v1'"
_RECORDED = """
select producer, subject, max(sequence) as last_sequence from leaves
where topic = 'cases.v1' group by producer, subject
"""
_VIEWS = "select case_id::text as case_id, state::text as state from case_view"
_LEAVES = "select event_id::text as event_id, topic, leaf from leaves order by idx"
_WRITTEN = "select event_id::text as event_id from outbox where topic = 'cases.v1'"
_BLOCKED = "select subject from inbox_subject where blocked"
_QUARANTINED = "select src_offset, error from quarantine"
_LOG = "select size, root from log_heads"

_Stream = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One record of `cases.v1`."""

    producer: str
    subject: str
    sequence: int
    event_id: str
    type: str

    @classmethod
    def of(cls, record: ConsumerRecord) -> "Said":
        headers = {name: value.decode() for name, value in record.headers}
        return cls(
            producer=headers["ce_source"].rpartition("/")[2],
            subject=headers["ce_subject"],
            sequence=int(headers["ce_sequence"]),
            event_id=headers["ce_id"],
            type=headers["ce_type"],
        )


@dataclass(slots=True, kw_only=True)
class Topic:
    """What was said on `cases.v1`: each place once, in the order of its partition."""

    first: dict[tuple[str, str, int], Said] = field(default_factory=dict)
    contradicted: list[Said] = field(default_factory=list)

    def hear(self, said: Said) -> None:
        place = (said.producer, said.subject, said.sequence)
        if self.first.setdefault(place, said).event_id != said.event_id:
            self.contradicted.append(said)

    @property
    def event_ids(self) -> set[str]:
        return {said.event_id for said in self.first.values()}

    def sequences(self) -> Mapping[_Stream, list[int]]:
        found: dict[_Stream, list[int]] = defaultdict(list)
        for said in self.first.values():
            found[said.producer, said.subject].append(said.sequence)
        return found

    def types(self) -> Counter[tuple[str, str]]:
        return Counter((said.subject, said.type) for said in self.first.values())


async def ask(stack: Stack, service: str, query: str) -> Sequence[asyncpg.Record]:
    """Ask a service's database."""
    connection = await asyncpg.connect(stack.dsn(service, role="owner"))
    try:
        rows: Sequence[asyncpg.Record] = await connection.fetch(query)
    finally:
        await connection.close()
    return rows


async def unrest(stack: Stack) -> str | None:
    """Say what is still on its way; None when everything said has been heard everywhere."""
    for service in ALL_SERVICES:
        [(waiting,)] = await ask(stack, service, _PENDING)
        if waiting:
            return f"{service} has {waiting} events to publish"
    heads = {
        (service, row["subject"]): row["last_sequence"]
        for service in ALL_SERVICES
        for row in await ask(stack, service, _HEADS)
    }
    for service in ALL_SERVICES:
        query = _RECORDED if service == "audit" else _CURSORS
        rows = await ask(stack, service, query)
        come = {(row["producer"], row["subject"]): row["last_sequence"] for row in rows}
        behind = [stream for stream, head in heads.items() if come.get(stream, 0) < head]
        if behind:
            return f"{service} has not heard all of {behind[0]}"
        if parked := await ask(stack, service, _PARKED):
            return f"{service} has parked {parked[0]}"
    [(staged,)] = await ask(stack, "audit", _STAGED)
    return f"audit has {staged} staged" if staged else None


async def contradictions(stack: Stack, *, filed: Iterable[str]) -> list[str]:
    """List what does not hold; `filed` are the cases that somebody was told 201 of."""
    topic = await _read(stack)
    return [
        *_of_topic(topic, filed),
        *[one async for one in _of_services(stack)],
        *await _of_outboxes(stack, topic),
        *await _of_audit(stack, topic),
    ]


async def _read(stack: Stack) -> Topic:
    """Read `cases.v1` from its beginning to where it ends now."""
    topic = Topic()
    # Not seek_to_beginning: the first reset, by default to the end, may come after it and win.
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        # Named, not subscribed to: a subscription may have no partition yet, and read nothing.
        [spec] = (one for one in TOPICS if one.name == CASES)
        partitions = [TopicPartition(CASES, number) for number in range(spec.partitions)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    topic.hear(Said.of(record))
    finally:
        await consumer.stop()
    return topic


def _of_topic(topic: Topic, filed: Iterable[str]) -> Iterator[str]:
    for said in topic.contradicted:
        yield f"two events in one place: {said}"
    for stream, sequences in topic.sequences().items():
        if sequences != list(range(1, len(sequences) + 1)):
            yield f"{stream} counts {sequences}"
    types = topic.types()
    for case in filed:
        yield from (f"{case}: no {type_}" for type_ in ONCE if not types[case, type_])
    for (case, type_), times in types.items():
        if type_ in AT_MOST_ONCE and times > 1:
            yield f"{case}: {type_} {times} times"


async def _of_services(stack: Stack) -> Any:  # noqa: ANN401 - an async generator of text
    views: dict[str, dict[str, Any]] = defaultdict(dict)
    for service in FOLDING:
        for query, what in ((_BLOCKED, "blocked"), (_QUARANTINED, "quarantined")):
            if found := await ask(stack, service, query):
                yield f"{service}: {what} {found[0]}"
        for row in await ask(stack, service, _VIEWS):
            views[row["case_id"]][service] = json.loads(row["state"])
    for case, states in views.items():
        if set(states) != set(FOLDING):
            yield f"{case} is known to {sorted(states)} only"
        differing = [service for service in states if states[service] != states["intake"]]
        if differing:
            yield f"{case} is seen otherwise by {differing}"


async def _of_outboxes(stack: Stack, topic: Topic) -> list[str]:
    written = {
        row["event_id"] for service in ALL_SERVICES for row in await ask(stack, service, _WRITTEN)
    }
    lost, phantoms = written - topic.event_ids, topic.event_ids - written
    return [f"lost: {one}" for one in lost] + [f"never written: {one}" for one in phantoms]


async def _of_audit(stack: Stack, topic: Topic) -> list[str]:
    leaves = await ask(stack, "audit", _LEAVES)
    counted = Counter(row["event_id"] for row in leaves if row["topic"] == CASES)
    found = [f"{event_id} has {n} leaves" for event_id, n in counted.items() if n != 1]
    found += [f"no leaf of {one}" for one in topic.event_ids - counted.keys()]
    found += [f"a leaf of nothing: {one}" for one in counted.keys() - topic.event_ids]
    found += [f"audit says {row['leaf']}" for row in leaves if row["topic"] not in _HEARD]
    [log] = await ask(stack, "audit", _LOG)
    hashes = [sha256(b"\x00" + row["leaf"]).digest() for row in leaves]
    if (log["size"], log["root"]) != (len(hashes), merkle_root(hashes)):
        found.append("the log's root is not that of its leaves")
    return found


_HEARD = {CASES, "governance.v1"}


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    """Compute the root as RFC 6962 §2.1 defines it: none of the server's code is asked."""
    if len(hashes) == 1:
        return hashes[0]
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + merkle_root(hashes[:left]) + merkle_root(hashes[left:])).digest()
