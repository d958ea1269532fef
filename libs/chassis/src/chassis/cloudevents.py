"""CloudEvents 1.0, Kafka's binary mode: envelope in the headers, fact in the value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from contracts.event import Envelope

SOURCE_PREFIX = "/sellerworks/"
_FIELD_OF_HEADER = {
    "ce_id": "id",
    "ce_type": "type",
    "ce_subject": "subject",
    "ce_sequence": "sequence",
    "ce_time": "time",
    "ce_dataschema": "schema_ref",
    "ce_correlationid": "correlation_id",
    "ce_causationid": "causation_id",
    "ce_requestid": "request_id",
    "ce_marketplace": "marketplace",
    "ce_playbook": "playbook",
    "ce_actor": "actor",
    "ce_keyid": "key_id",
}
_SAME_ON_EVERY_EVENT = {"ce_specversion": "1.0", "content-type": "application/json"}
# What a header may hold: also keeps names out of an index that it cannot hold (2,704 bytes).
_PLAIN = re.compile(r"[\x21-\x7e]{1,255}")
_SEQUENCE = re.compile(r"[1-9][0-9]{0,8}")


class NotAnEvent(Exception):
    """A record that is no event at all. It goes to the quarantine; the partition moves on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """
    A record as Kafka has it, its headers as text.

    `defect` says why the headers could not be read as text; they are then a rendering.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Mapping[str, str]
    value: bytes | None
    timestamp_ms: int
    defect: str | None = None


def to_headers(envelope: Envelope) -> dict[str, str]:
    """Write an envelope as headers. What is unknown (no cause) has no header."""
    written = {
        **_SAME_ON_EVERY_EVENT,
        "ce_id": str(envelope.id),
        "ce_source": SOURCE_PREFIX + envelope.producer,
        "ce_type": envelope.type,
        "ce_subject": envelope.subject,
        "ce_time": instant(envelope.time),
        "ce_dataschema": envelope.schema_ref,
        "ce_sequence": str(envelope.sequence),
        "ce_correlationid": str(envelope.correlation_id),
    }
    known_sometimes = {
        "ce_causationid": envelope.causation_id,
        "ce_requestid": envelope.request_id,
        "ce_marketplace": envelope.marketplace,
        "ce_playbook": envelope.playbook,
        "ce_actor": envelope.actor,
        "ce_keyid": envelope.key_id,
    }
    return written | {name: str(value) for name, value in known_sometimes.items() if value}


def instant(moment: datetime) -> str:
    """Write an instant as the wire does: milliseconds, `Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_envelope(record: RawRecord) -> Envelope:
    """
    Read the envelope of a record. Headers that nobody here knows are ignored.

    Raises:
        NotAnEvent: Garbage; the message says what is wrong and repeats none of it.
    """
    headers = record.headers
    _refuse_malformed(record)
    found = {field: headers[name] for name, field in _FIELD_OF_HEADER.items() if name in headers}
    producer = headers["ce_source"].removeprefix(SOURCE_PREFIX)
    try:
        return Envelope.model_validate({**found, "producer": producer})
    except ValidationError as error:
        wrong = ", ".join(sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]}))
        raise NotAnEvent(f"envelope: {wrong} missing or wrong") from error


def _refuse_malformed(record: RawRecord) -> None:
    if record.defect:
        raise NotAnEvent(record.defect)
    if not record.value:
        raise NotAnEvent("no value")
    _refuse_wrong_headers(record.headers)
    if record.key != record.headers.get("ce_subject", "").encode():
        raise NotAnEvent("the key is not the subject")


def _refuse_wrong_headers(headers: Mapping[str, str]) -> None:
    if headers.get("ce_specversion") != "1.0":
        raise NotAnEvent("not a CloudEvent 1.0")
    if not headers.get("ce_source", "").startswith(SOURCE_PREFIX):
        raise NotAnEvent("ce_source: not one of ours")
    for name, value in headers.items():
        if name.startswith("ce_") and name != "ce_signature" and not _PLAIN.fullmatch(value):
            raise NotAnEvent("a ce_ header is empty, too long or not plain")
    if not _SEQUENCE.fullmatch(headers.get("ce_sequence", "")):
        raise NotAnEvent("ce_sequence: not a number from 1 on")
