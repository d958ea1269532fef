"""The events of an export: leaf, headers, payload and signature of each must agree."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

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
from verifier.merkle import HASH_BYTES, leaf_hash
from verifier.policy import EventKey
from verifier.report import Finding, tampered, undecided

FILE = "events.jsonl"
_SIGNATURE = "ce_signature"
_SIGNED_PREFIX = "ce_"
_MEMBERS = {"idx", "leaf", "headers", "payload"}
_TREE_HASH = "leaf_hash"


class UnreadableEvent(Exception):
    """A line of `events.jsonl` cannot be taken apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedEvent:
    """
    One line; headers and payload are `None` where retention has cleared them.

    `tree_hash` is the leaf's hash as the tree holds it, where the exporter says so: nothing
    computed from the leaf, but to be compared with it.
    """

    index: int
    raw_leaf: bytes
    leaf: Leaf
    headers: Mapping[str, str] | None
    payload: bytes | None
    tree_hash: bytes | None = None

    @property
    def name(self) -> str:
        return f"event {self.leaf.event_id} ({self.leaf.type})"

    @property
    def where(self) -> str:
        return f"{FILE}, event {self.leaf.event_id} ({self.leaf.type}, idx {self.index})"

    @property
    def shown_hash(self) -> bytes:
        return leaf_hash(self.raw_leaf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A line of a range of which the requester may see no more than its place and hash."""

    index: int
    tree_hash: bytes

    @property
    def where(self) -> str:
        return f"{FILE}, idx {self.index} (withheld)"

    @property
    def shown_hash(self) -> bytes:
        return self.tree_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange:
    """A line whose leaf says nothing to us. Its hash still has its place in the tree, or not."""

    index: int
    raw_leaf: bytes
    why: str
    tree_hash: bytes | None = None
    name = "a leaf that cannot be read"

    @property
    def where(self) -> str:
        return f"{FILE}, idx {self.index}"

    @property
    def shown_hash(self) -> bytes:
        return leaf_hash(self.raw_leaf)


Row: TypeAlias = ExportedEvent | Withheld | Strange


def read_line(line: bytes, *, number: int) -> tuple[Row | None, Finding | None]:
    """Return what line `number` shows, if it can be read, and what is odd about it."""
    where = f"{FILE}, line {number}"
    try:
        members = read_object(line)
        row = _row(members)
    except (UnreadableEvent, NotJson, NotBase64) as error:
        return None, undecided(where, f"cannot be read: {error}")
    if _spelt(members) != line:
        # It says the same, but nobody shall change a byte of it without its being told.
        return row, undecided(where, "is not spelt as audit spells it: somebody has written it")
    return row, None


def _spelt(members: Mapping[str, object]) -> bytes:
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="surrogatepass")


def _row(members: Mapping[str, object]) -> Row:
    index, payload = members.get("idx"), members.get("payload")
    if not isinstance(index, int) or isinstance(index, bool):
        raise UnreadableEvent("idx is no number")
    if members.keys() == {"idx", _TREE_HASH}:
        return Withheld(index=index, tree_hash=_hash(members[_TREE_HASH]))
    if members.keys() - {_TREE_HASH} != _MEMBERS:
        raise UnreadableEvent(f"its members are not {', '.join(sorted(_MEMBERS))}")
    raw_leaf, headers = from_base64(members.get("leaf")), _headers(members.get("headers"))
    tree_hash = _hash(members[_TREE_HASH]) if _TREE_HASH in members else None
    try:
        leaf = read_leaf(raw_leaf)
    except NotALeaf as error:
        return Strange(index=index, raw_leaf=raw_leaf, why=str(error), tree_hash=tree_hash)
    return ExportedEvent(
        index=index,
        raw_leaf=raw_leaf,
        leaf=leaf,
        headers=headers,
        payload=None if payload is None else from_base64(payload),
        tree_hash=tree_hash,
    )


def _hash(text: object) -> bytes:
    raw = from_base64(text)
    if len(raw) != HASH_BYTES:
        raise UnreadableEvent(f"{_TREE_HASH} has not {HASH_BYTES} bytes")
    return raw


def _headers(value: object) -> Mapping[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise UnreadableEvent("headers is no object of strings")
    if not all(name.startswith(_SIGNED_PREFIX) for name in value):
        raise UnreadableEvent("a header that is not signed stands there (not ce_…)")
    return value


KeyRing: TypeAlias = Mapping[tuple[str, str], EventKey]
"""The services' keys, by service and key id."""


def check_row(row: Row, keys: KeyRing) -> Iterator[Finding]:
    """Check what a row says of itself; that it is in the tree is shown elsewhere."""
    if isinstance(row, ExportedEvent):
        yield from _check_event(row, keys)
    elif isinstance(row, Strange):
        yield undecided(row.where, f"cannot be read: {row.why}")


def _check_event(event: ExportedEvent, keys: KeyRing) -> Iterator[Finding]:
    yield from check_person_and_time(event.leaf, where=event.where)
    if event.headers is not None:
        yield from check_headers(event.leaf, event.headers, where=event.where)
        yield from _check_signature(event.leaf, event.headers, keys, where=event.where)
    if event.payload is not None:
        yield from check_payload(event.leaf, event.payload, where=event.where)


def _check_signature(
    leaf: Leaf, headers: Mapping[str, str], keys: KeyRing, *, where: str
) -> Iterator[Finding]:
    """Check the service's own signature, over the headers and the payload's SHA-256."""
    key_id = headers.get("ce_keyid", "")
    if _SIGNATURE not in headers:
        yield undecided(where, f"the event carries no signature ({_SIGNATURE})")
        return
    key = keys.get((leaf.producer, key_id))
    if key is not None:
        if not _fits(headers, leaf, key):
            yield tampered(
                where,
                f"the signature by key {key_id!r} does not fit the event: forged, or changed"
                f" after {leaf.producer!r} signed it",
            )
        return
    others = [key for key in keys.values() if key.key_id == key_id and _fits(headers, leaf, key)]
    if others:
        yield tampered(
            where,
            f"a forged producer: it names {leaf.producer!r}, and {others[0].service!r} signed it"
            f" (key {key_id!r})",
        )
    else:
        yield undecided(where, f"no key {key_id!r} of service {leaf.producer!r} is known")


def _fits(headers: Mapping[str, str], leaf: Leaf, key: EventKey) -> bool:
    try:
        signature = from_base64(headers[_SIGNATURE])
        signed = _signed_bytes(headers, leaf.payload)
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, signed)
    except (InvalidSignature, NotBase64, NotCanonical):
        return False
    return True


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
