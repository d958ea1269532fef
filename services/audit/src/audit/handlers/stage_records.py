"""Take records in: believe only what is signed by whom it names, and each event once."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from prometheus_client import Counter

from audit.domain.arrivals import Arrival, Known, Place, Verdict, judge
from audit.domain.leaf import NotALeaf, Source, append_time, leaf_of
from audit.handlers.bear_witness import bear_witness
from audit.store import log, staged
from chassis import ids, quarantine
from chassis.cloudevents import NotAnEvent, RawRecord, read_envelope
from chassis.door import Tx
from chassis.signing import BadSignature, Signer, verify
from contracts.audit import ConflictDetected
from contracts.catalogue import find, is_in_place
from contracts.event import Envelope

PublicKeys = Mapping[str, Ed25519PublicKey]

UNPARSEABLE: Final = "unparseable"
SIGNATURE: Final = "signature"
PRODUCER: Final = "producer"

# Whoever signs may still send a name that no table takes: it must not stop the partition.
_PLAIN_NAME: Final = re.compile(r"ce_[a-z0-9]{1,60}", re.ASCII)
_STAGED = Counter("audit_records_staged", "Events taken into the log.")
_REPEATED = Counter("audit_records_repeated", "Events that the log held already.")
_CONFLICTS = Counter("audit_conflicts", "Records that contradict the log: an alarm.", ("kind",))
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A record that gets no leaf of its own, and what is wrong with it."""

    record: RawRecord
    kind: str
    why: str
    subject: str = log.LOG
    marketplace: str | None = None


async def stage_records(
    records: Sequence[RawRecord], /, *, tx: Tx, keys: PublicKeys, signer: Signer
) -> None:
    """
    Stage records once each; what contradicts the log or is none of ours becomes a conflict leaf.

    Nothing is skipped and nothing waits: every record leaves a leaf, here or before.
    """
    examined = [examine(record, keys=keys, tx=tx) for record in records]
    arrivals = [one for one in examined if isinstance(one, Arrival)]
    await staged.wait_for_turn(tx)
    known = await staged.find_known(
        tx,
        ids=[one.event_id for one in arrivals],
        places=[one.place for one in arrivals],
    )

    fresh, doubtful = _sort(zip(records, examined, strict=True), known)
    refused = await _untold(tx, doubtful, known)

    await staged.add(tx, fresh)
    await _keep_refused(tx, refused, signer)
    _STAGED.inc(len(fresh))
    _REPEATED.inc(len(records) - len(fresh) - len(refused))


def examine(record: RawRecord, *, keys: PublicKeys, tx: Tx) -> Arrival | Refused:
    """Look at one record by itself: is it an event, and said by whom it names?"""
    try:
        envelope = read_envelope(record)
        signed = verify(record.headers, record.value or b"", keys)
        _refuse_foreign_type(envelope, record)
        return _arrival(record, envelope, signed, tx)
    except (NotAnEvent, NotALeaf) as error:
        return Refused(record=record, kind=UNPARSEABLE, why=str(error))
    except BadSignature as error:
        return Refused(record=record, kind=SIGNATURE, why=str(error))
    except ForeignType as error:
        return Refused(record=record, kind=PRODUCER, why=str(error))


class ForeignType(Exception):
    """A known type, but not by its producer or not on its topic."""


def _refuse_foreign_type(envelope: Envelope, record: RawRecord) -> None:
    """Hold known types to the catalogue; what a later release says is kept as it is."""
    contract = find(envelope.type)
    if contract and not is_in_place(contract, producer=envelope.producer, topic=record.topic):
        raise ForeignType(f"{envelope.type} is not for this producer and topic")


def _arrival(record: RawRecord, envelope: Envelope, signed: bytes, tx: Tx) -> Arrival:
    payload = record.value or b""
    headers = {name: text for name, text in record.headers.items() if name.startswith("ce_")}
    if not all(map(_is_plain, headers)):
        raise NotAnEvent("a ce_ header has no plain name")
    return Arrival(
        event_id=envelope.id,
        digest=sha256(signed).digest(),
        place=Place(envelope.producer, record.topic, envelope.subject, envelope.sequence),
        partition=record.partition,
        offset=record.offset,
        type=envelope.type,
        marketplace=envelope.marketplace,
        occurred_at=envelope.time,
        headers=headers,
        payload=payload,
        leaf=leaf_of(
            headers,
            payload_sha256=sha256(payload).digest(),
            src=Source(topic=record.topic, partition=record.partition, offset=record.offset),
            recorded_at=append_time(record.timestamp_ms),
        ),
        received_at=tx.now,
    )


@lru_cache(maxsize=256)
def _is_plain(name: str) -> bool:
    """Say whether a table takes the name; the same few come with every record."""
    return _PLAIN_NAME.fullmatch(name) is not None


def conflict_id(record: RawRecord) -> UUID:
    """Name the conflict leaf of a record by its place: a forgery never takes an event's id."""
    return ids.derived_uuid(record.topic, str(record.partition), str(record.offset))


def _sort(
    pairs: Iterable[tuple[RawRecord, Arrival | Refused]], known: Known
) -> tuple[list[Arrival], list[Refused]]:
    """Tell new events from repeated ones and from contradictions, one after the other."""
    fresh, doubtful = list[Arrival](), list[Refused]()
    for record, one in pairs:
        found = _judged(record, one, known) if isinstance(one, Arrival) else one
        if isinstance(found, Arrival):
            known.take(found)
            fresh.append(found)
        elif found:
            doubtful.append(found)
    return fresh, doubtful


async def _untold(tx: Tx, doubtful: Sequence[Refused], known: Known) -> list[Refused]:
    """Leave out what has its conflict leaf already: garbage too may come twice."""
    if not doubtful:
        return []
    by_id = {conflict_id(one.record): one for one in doubtful}
    told = await staged.find_known(tx, ids=list(by_id), places=[])
    return [
        one
        for event_id, one in by_id.items()
        if event_id not in told.digests and event_id not in known.digests
    ]


def _judged(record: RawRecord, arrival: Arrival, known: Known) -> Arrival | Refused | None:
    match judge(arrival, known):
        case Verdict.NEW:
            return arrival
        case Verdict.DUPLICATE:
            return None
        case (Verdict.SAME_ID | Verdict.SAME_PLACE) as verdict:
            return Refused(
                record=record,
                kind=verdict.value,
                why="contradicts an event that the log holds; the first stays",
                subject=arrival.place.subject,
                marketplace=arrival.marketplace,
            )


async def _keep_refused(tx: Tx, refused: Sequence[Refused], signer: Signer) -> None:
    """Keep each record for people to look at, and a leaf that binds its bytes."""
    await quarantine.keep(tx, [(one.record, f"{one.kind}: {one.why}") for one in refused])
    for one in refused:
        record = one.record
        await bear_witness(
            tx,
            ConflictDetected(
                kind=one.kind,
                src_topic=record.topic,
                src_partition=record.partition,
                src_offset=record.offset,
                record_sha256=sha256(record.value or b"").hexdigest(),
            ),
            signer=signer,
            subject=one.subject,
            marketplace=one.marketplace,
            event_id=conflict_id(record),
        )
        _CONFLICTS.labels(one.kind).inc()
        _log.error(
            "audit_conflict",
            kind=one.kind,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
        )
