"""What the signer publishes: checkpoints (c2sp.org/tlog-checkpoint) as signed notes."""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from audit.domain.merkle import Head

ED25519 = b"\x01"
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_LINES = 4  # origin, size, root, and nothing behind the last newline


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKey:
    """The public half of a key of the log. By c2sp.org/tlog-checkpoint its name is the origin."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    @property
    def verifier_key(self) -> str:
        """Return `name+id+base64`, the line that auditors are given by another way."""
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.public)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSigner:
    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> LogKey:
        return LogKey(name=self.name, public=self.private.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """What a checkpoint states, once its signature was checked."""

    origin: str
    head: Head


class NotOurs(Exception):
    """The text is no checkpoint that this log's keys have signed."""


def origin(*, host: str, log: str, epoch: int) -> str:
    return f"{host}/audit/{log}/{epoch}"


def checkpoint(head: Head, *, signers: Sequence[NoteSigner]) -> str:
    """
    Return the signed checkpoint of a head.

    During a rotation old and new key sign, under one name. Only the signer process, which has
    checked that the head continues the last one, may call this.
    """
    text = f"{signers[0].name}\n{head.size}\n{_base64(head.root)}\n"
    return sign(text, signers=signers)


def sign(text: str, *, signers: Sequence[NoteSigner]) -> str:
    """Return the signed note of a text that ends in a newline (c2sp.org/signed-note)."""
    return text + "\n" + "".join(_signature_line(text, signer) for signer in signers)


def open_note(note: str, *, keys: Iterable[LogKey]) -> SignedHead:
    """
    Read a checkpoint that one of these keys has signed.

    Raises:
        NotOurs: It is no checkpoint, or none of the keys has signed it.
    """
    text, divider, lines = note.partition("\n\n")
    parts = f"{text}\n".split("\n")
    if not divider or len(parts) != _LINES or not _SIZE.fullmatch(parts[1]):
        raise NotOurs("not the text of a checkpoint")
    if not any(_has_signed(key, f"{text}\n", lines) for key in keys):
        raise NotOurs("signed by no key of this log")
    return SignedHead(origin=parts[0], head=Head(int(parts[1]), b64decode(parts[2])))


def _has_signed(key: LogKey, text: str, lines: str) -> bool:
    if text.partition("\n")[0] != key.name:
        return False
    public = Ed25519PublicKey.from_public_bytes(key.public)
    start = f"— {key.name} "
    for line in lines.split("\n"):
        try:
            raw = b64decode(line.removeprefix(start), validate=True)
            if line.startswith(start) and raw[:4] == key.id:
                public.verify(raw[4:], text.encode())
                return True
        except (binascii.Error, InvalidSignature):
            continue
    return False


def _signature_line(text: str, signer: NoteSigner) -> str:
    signature = signer.key.id + signer.private.sign(text.encode())
    return f"— {signer.name} {_base64(signature)}\n"


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
