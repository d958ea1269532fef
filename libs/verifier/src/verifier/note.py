"""Signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier.encoding import NotBase64, from_base64
from verifier.merkle import HASH_BYTES

ED25519 = b"\x01"
KEY_BYTES = 32
_ID_BYTES = 4
_ED25519_SIGNATURE_BYTES = 64
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_SIGNATURE_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/=]+)")
_MOST_SIGNATURES = 64


class MalformedNote(Exception):
    """The text is no signed note, or its body no checkpoint."""


class MalformedKey(Exception):
    """The line is no verifier key `name+id+base64` of type Ed25519."""


class UnknownKey(Exception):
    """No signature on the note is by a key that we trust: nothing follows, good or bad."""


class ForgedNote(Exception):
    """A signature by a trusted key does not fit the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKey:
    name: str
    id: bytes
    public: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    name: str
    key_id: bytes
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNote:
    """`text` ends in its newline: these are the bytes that are signed."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A verified head of the log, and who signed it."""

    origin: str
    size: int
    root: bytes
    signed_by: tuple[str, ...]


def read_key(line: str) -> LogKey:
    """Read `name+id+base64`; the id is recomputed, so a typing error cannot pass."""
    name, _, rest = line.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = from_base64(encoded)
    except NotBase64 as error:
        raise MalformedKey(f"{line!r}: the key is not base64") from error
    if raw[:1] != ED25519:
        raise MalformedKey(f"{line!r}: no key of a log, which is a line name+id+base64 (Ed25519)")
    return log_key(name, key_id=key_id, public=raw[1:])


def log_key(name: str, *, key_id: str, public: bytes) -> LogKey:
    if not _SIGNATURE_LINE.fullmatch(f"— {name} AA=="):
        raise MalformedKey(f"{name!r} cannot be the name of a key")
    if len(public) != KEY_BYTES:
        raise MalformedKey(f"key {name}: {len(public)} bytes, an Ed25519 key has {KEY_BYTES}")
    computed = sha256(name.encode() + b"\n" + ED25519 + public).digest()[:_ID_BYTES]
    if key_id != computed.hex():
        raise MalformedKey(f"key {name}: its id is {computed.hex()}, not {key_id!r}")
    return LogKey(name=name, id=computed, public=public)


def read_note(text: str) -> SignedNote:
    """Take a note apart; the last empty line divides text from signatures."""
    if any(char < " " and char != "\n" for char in text):
        raise MalformedNote("a control character stands in the note")
    body, divider, signatures = text.rpartition("\n\n")
    if not divider or not signatures.endswith("\n"):
        raise MalformedNote("the note has no signature lines, or lost its last newline")
    lines = signatures[:-1].split("\n")
    if len(set(lines)) != len(lines):
        raise MalformedNote("a signature line stands there twice")
    if len(lines) > _MOST_SIGNATURES:
        raise MalformedNote(f"{len(lines)} signatures, {_MOST_SIGNATURES} at most")
    return SignedNote(text=body + "\n", signatures=tuple(_signature(line) for line in lines))


def _signature(line: str) -> Signature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if not match:
        raise MalformedNote("a signature line is not `— name base64`")
    try:
        raw = from_base64(match["signature"])
    except NotBase64 as error:
        raise MalformedNote("a signature is not base64") from error
    if len(raw) <= _ID_BYTES:
        raise MalformedNote("a signature is too short")
    return Signature(name=match["name"], key_id=raw[:_ID_BYTES], raw=raw[_ID_BYTES:])


def open_checkpoint(text: str, *, keys: Sequence[LogKey]) -> Checkpoint:
    """
    Return what the checkpoint states, once a trusted key vouches for it.

    Only keys named like the origin count: the key of one log says nothing about another. All
    their signatures must be good; those by unknown keys are ignored.

    Raises:
        MalformedNote, UnknownKey: nothing can be said.
        ForgedNote: the text was changed after it was signed, or the signature is made up.
    """
    note = read_note(text)
    origin, size, root = _body(note.text)
    known = [
        (signature, key)
        for signature in note.signatures
        for key in keys
        if (signature.name, signature.key_id) == (key.name, key.id) and key.name == origin
    ]
    if not known:
        raise UnknownKey(f"no signature on the checkpoint of {origin!r} is by a trusted key")
    for signature, key in known:
        _require_good(note.text, signature, key)
    signed_by = tuple(f"{key.name}+{key.id.hex()}" for _, key in known)
    return Checkpoint(origin=origin, size=size, root=root, signed_by=signed_by)


def _require_good(text: str, signature: Signature, key: LogKey) -> None:
    if len(signature.raw) != _ED25519_SIGNATURE_BYTES:
        raise ForgedNote(f"the signature of {key.name} has {len(signature.raw)} bytes, not 64")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature.raw, text.encode())
    except InvalidSignature as error:
        raise ForgedNote(
            f"the signature of {key.name} ({key.id.hex()}) does not fit the text"
        ) from error


def _body(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0]:  # noqa: PLR2004 origin, size, root, and after the newline
        raise MalformedNote("a checkpoint is three lines: origin, size, root")
    try:
        root = from_base64(lines[2])
    except NotBase64 as error:
        raise MalformedNote("the root is not base64") from error
    if len(root) != HASH_BYTES or not _NUMBER.fullmatch(lines[1]):
        raise MalformedNote("size or root of the checkpoint is not what it must be")
    return lines[0], int(lines[1]), root
