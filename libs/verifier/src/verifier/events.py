"""The events of an export: leaf, headers, payload and signature of each must agree."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier.canonical import NotCanonical, NotJson, canonical, read_object
from verifier.encoding import NotBase64, from_base64
from verifier.leaf import (
    Leaf,
    NotALeaf,
    check_headers,
    check_payload,
    check_person_and_time,
    read_leaf,
)
from verifier.policy import EventKey
from verifier.report import Finding, tampered, undecided

FILE = "events.jsonl"
_SIGNATURE = "ce_signature"
_SIGNED_PREFIX = "ce_"
_MEMBERS = {"idx", "leaf", "headers", "payload"}


class UnreadableEvent(Exception):
    """A line of `events.jsonl` cannot be taken apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedEvent:
    """One line; headers and payload are `None` where retention has cleared them."""

    index: int
    raw_leaf: bytes
    leaf: Leaf
    headers: Mapping[str, str] | None
    payload: bytes | None

    @property
    def where(self) -> str:
        return f"{FILE}, event {self.leaf.event_id} ({self.leaf.type}, idx {self.index})"


def read_events(raw: bytes) -> tuple[list[ExportedEvent], list[Finding]]:
    """Return the events that can be read, and a finding for each line that cannot."""
    events, findings = [], list[Finding]()
    for number, line in enumerate(raw.split(b"\n")[:-1], start=1):
        try:
            events.append(_event(line))
        except (UnreadableEvent, NotJson, NotBase64, NotALeaf) as error:
            findings.append(undecided(f"{FILE}, line {number}", f"cannot be read: {error}"))
    if raw and not raw.endswith(b"\n"):
        findings.append(undecided(FILE, "the last line is cut off"))
    return events, findings


def _event(line: bytes) -> ExportedEvent:
    members = read_object(line)
    if members.keys() != _MEMBERS:
        raise UnreadableEvent(f"its members are not {', '.join(sorted(_MEMBERS))}")
    index, payload = members.get("idx"), members.get("payload")
    if not isinstance(index, int) or isinstance(index, bool):
        raise UnreadableEvent("idx is no number")
    raw_leaf = from_base64(members.get("leaf"))
    return ExportedEvent(
        index=index,
        raw_leaf=raw_leaf,
        leaf=read_leaf(raw_leaf),
        headers=_headers(members.get("headers")),
        payload=None if payload is None else from_base64(payload),
    )


def _headers(value: object) -> Mapping[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise UnreadableEvent("headers is no object of strings")
    if not all(name.startswith(_SIGNED_PREFIX) for name in value):
        raise UnreadableEvent("a header that is not signed stands there (not ce_…)")
    return value


def check_event(
    event: ExportedEvent, keys: Mapping[tuple[str, str], EventKey]
) -> Iterator[Finding]:
    yield from check_person_and_time(event.leaf, where=event.where)
    if event.headers is not None:
        yield from check_headers(event.leaf, event.headers, where=event.where)
        yield from _check_signature(event.leaf, event.headers, keys, where=event.where)
    if event.payload is not None:
        yield from check_payload(event.leaf, event.payload, where=event.where)


def _check_signature(
    leaf: Leaf,
    headers: Mapping[str, str],
    keys: Mapping[tuple[str, str], EventKey],
    *,
    where: str,
) -> Iterator[Finding]:
    """Check the service's own signature, over the headers and the payload's SHA-256."""
    signature, key_id = headers.get(_SIGNATURE), headers.get("ce_keyid", "")
    if signature is None:
        yield undecided(where, f"the event carries no signature ({_SIGNATURE})")
        return
    key = keys.get((leaf.producer, key_id))
    if key is None:
        yield undecided(where, f"no key {key_id!r} of service {leaf.producer!r} is known")
        return
    try:
        signed = _signed_bytes(headers, leaf.payload)
        Ed25519PublicKey.from_public_bytes(key.public).verify(from_base64(signature), signed)
    except (InvalidSignature, NotBase64, NotCanonical):
        yield tampered(where, f"the signature by key {key_id!r} does not fit the event")


def _signed_bytes(headers: Mapping[str, str], payload: str) -> bytes:
    signed: dict[str, object] = {
        name: value
        for name, value in headers.items()
        if name.startswith(_SIGNED_PREFIX) and name != _SIGNATURE
    }
    return canonical(signed | {"payload": payload})


def payload_members(event: ExportedEvent) -> object:
    """Return the payload as JSON, `None` where there is none to read."""
    if event.payload is None:
        return None
    try:
        # Lenient on purpose: the payload's bytes are proven, here one only looks into them.
        return json.loads(event.payload)
    except (ValueError, RecursionError):
        return None
