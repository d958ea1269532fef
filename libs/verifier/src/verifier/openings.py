"""Openings: does a value shown in clear belong to the commitment that the log holds?"""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from verifier.canonical import NotCanonical, NotJson, canonical, read_json
from verifier.encoding import NotBase64, from_base64
from verifier.events import ExportedEvent, payload_members
from verifier.report import Finding, note, tampered, undecided

_SALT_BYTES = 32
_FILE_CLASS = "evidence_file"


class UnreadableOpenings(Exception):
    """The file of openings is not what the vault answers to role compliance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    commitment: str
    value: object
    salt: bytes


@dataclass(frozen=True, slots=True)
class Committed:
    """A commitment that stands in an event's payload, and of what class its value is."""

    class_: str | None
    where: str


def read_openings(raw: bytes) -> list[Opening]:
    """Read `[{commitment, value, salt}]`, the saved answer of the vault."""
    try:
        items = read_json(raw)
    except NotJson as error:
        raise UnreadableOpenings(str(error)) from error
    if not isinstance(items, list):
        raise UnreadableOpenings("not a list of openings")
    return [_opening(item) for item in items]


def _opening(item: object) -> Opening:
    if not isinstance(item, dict) or not isinstance(item.get("commitment"), str):
        raise UnreadableOpenings("an opening lacks its commitment")
    if "value" not in item or "salt" not in item:
        raise UnreadableOpenings("an opening lacks value or salt (salts need role compliance)")
    try:
        salt = from_base64(item["salt"])
    except NotBase64 as error:
        raise UnreadableOpenings("a salt is not base64") from error
    if len(salt) != _SALT_BYTES:
        raise UnreadableOpenings(f"a salt has {len(salt)} bytes, not {_SALT_BYTES}")
    return Opening(commitment=item["commitment"], value=item["value"], salt=salt)


def check_openings(
    openings: Iterable[Opening], events: Iterable[ExportedEvent]
) -> Iterator[Finding]:
    committed = commitments_in(events)
    for number, opening in enumerate(openings, start=1):
        found = committed.get(opening.commitment)
        if found is None:
            yield undecided(
                f"opening {number}", f"no event shown holds the commitment {opening.commitment}"
            )
        else:
            yield from _check(opening, found, where=f"opening {number}, {found.where}")


def _check(opening: Opening, found: Committed, *, where: str) -> Iterator[Finding]:
    try:
        if _fits(opening, opening.value):
            return
        if found.class_ in (_FILE_CLASS, None) and _fits(opening, _file_hash(opening.value)):
            yield note(where, "a file: its SHA-256 is proven, what else the opening says is not")
            return
    except NotCanonical as error:
        yield undecided(where, f"the value cannot be compared: {error}")
        return
    yield tampered(where, "the value is not the one that was committed to")


def _fits(opening: Opening, value: object) -> bool:
    if value is None and opening.value is not None:
        return False
    computed = hmac.digest(opening.salt, canonical(value), "sha256")
    try:
        return hmac.compare_digest(computed, from_base64(opening.commitment))
    except NotBase64:
        return False


def _file_hash(value: object) -> object:
    """Return a file's SHA-256, the part of its sealed value that is committed to."""
    return value.get("sha256") if isinstance(value, dict) else None


def commitments_in(events: Iterable[ExportedEvent]) -> dict[str, Committed]:
    return {
        commitment: Committed(class_, event.where)
        for event in events
        for commitment, class_ in _commitments(payload_members(event))
    }


def _commitments(payload: object) -> Iterator[tuple[str, str | None]]:
    """Look into every corner; with a list of what is left, for a payload may be nested deeply."""
    left = [payload]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left += value
        elif isinstance(value, dict):
            left += value.values()
            commitment, class_ = value.get("commitment"), value.get("class")
            if isinstance(commitment, str):
                yield commitment, class_ if isinstance(class_, str) else None
