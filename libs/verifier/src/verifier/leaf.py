"""A leaf (v 1): what it says, and whether headers and payload say the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from verifier.canonical import NotCanonical, NotJson, canonical, read_object
from verifier.report import Finding, tampered, undecided

# Each member of a leaf, and the header that it repeats.
HEADERS = {
    "event_id": "ce_id",
    "type": "ce_type",
    "marketplace": "ce_marketplace",
    "subject": "ce_subject",
    "producer": "ce_source",
    "sequence": "ce_sequence",
    "occurred_at": "ce_time",
    "actor": "ce_actor",
    "causation": "ce_causationid",
    "correlation": "ce_correlationid",
    "schema": "ce_dataschema",
}
_NEEDED = ("event_id", "type", "subject", "producer", "sequence", "payload", "recorded_at", "src")
_SOURCE_PREFIX = "/sellerworks/"


class NotALeaf(Exception):
    """The bytes are no leaf that this version knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """`topic` is `None` for what audit itself reported."""

    members: Mapping[str, object]
    event_id: str
    type: str
    producer: str
    subject: str
    topic: str | None
    sequence: int
    payload: str


def read_leaf(raw: bytes) -> Leaf:
    """Read a leaf; raises `NotALeaf` for another version, a missing member, another spelling."""
    try:
        members = read_object(raw)
        if canonical(members) != raw:
            raise NotALeaf("the leaf is not in canonical form")
    except (NotJson, NotCanonical) as error:
        raise NotALeaf(f"the leaf is {error}") from error
    if members.get("v") != 1 or isinstance(members["v"], bool):
        raise NotALeaf("not a leaf of version 1: a newer audit-verify may know it")
    missing = [name for name in _NEEDED if name not in members]
    if missing:
        raise NotALeaf(f"the leaf lacks {', '.join(missing)}")
    return _leaf(members)


def _leaf(members: dict[str, object]) -> Leaf:
    sequence = members["sequence"]
    if not isinstance(sequence, int) or isinstance(sequence, bool):
        raise NotALeaf("the leaf's sequence is no number")
    return Leaf(
        members=members,
        event_id=_text(members, "event_id"),
        type=_text(members, "type"),
        producer=_text(members, "producer"),
        subject=_text(members, "subject"),
        topic=_topic(members["src"]),
        sequence=sequence,
        payload=_text(members, "payload"),
    )


def _text(members: Mapping[str, object], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise NotALeaf(f"the leaf's {name} is no string")
    return value


def _topic(src: object) -> str | None:
    if src is None:
        return None
    if not isinstance(src, dict) or not isinstance(src.get("t"), str):
        raise NotALeaf("the leaf's src names no topic")
    return str(src["t"])


def check_person_and_time(leaf: Leaf, *, where: str) -> Iterator[Finding]:
    """Who and when must be on record for every event."""
    for member, question in (("actor", "who did it"), ("occurred_at", "when it happened")):
        if not leaf.members.get(member):
            yield undecided(where, f"the log does not say {question} ({member} is missing)")


def check_headers(leaf: Leaf, headers: Mapping[str, str], *, where: str) -> Iterator[Finding]:
    """Check that the headers are those of which the log kept the leaf."""
    for member, header in HEADERS.items():
        recorded = leaf.members.get(member)
        shown = _as_recorded(member, headers.get(header))
        if recorded != shown:
            yield tampered(where, f"{header} says {shown!r}, the log recorded {recorded!r}")


def _as_recorded(member: str, shown: str | None) -> object:
    if shown is None:
        return None
    if member == "producer":
        return shown.removeprefix(_SOURCE_PREFIX) if shown.startswith(_SOURCE_PREFIX) else shown
    if member == "sequence" and shown.isascii() and shown.isdigit() and shown[0] != "0":
        return int(shown)
    return shown


def check_payload(leaf: Leaf, payload: bytes, *, where: str) -> Iterator[Finding]:
    if leaf.payload != f"sha256:{sha256(payload).hexdigest()}":
        yield tampered(where, "the payload is not the one whose SHA-256 the log recorded")
