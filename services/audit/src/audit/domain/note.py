"""What the signer publishes: checkpoints (c2sp.org/tlog-checkpoint) as signed notes."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.domain.merkle import Head

ED25519 = b"\x01"


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


def _signature_line(text: str, signer: NoteSigner) -> str:
    signature = signer.key.id + signer.private.sign(text.encode())
    return f"— {signer.name} {_base64(signature)}\n"


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
