"""Key pairs and their wrapping, and who may open which class. Pure but for randomness."""

import os
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PURPOSES: Final = frozenset(
    {"work_case", "deliver_message", "read_evidence", "handoff", "audit", "legal_request"}
)
_NONCE_LENGTH: Final = 12
_KEY_LENGTH: Final = 32

# Sellers and their marketplace read letters, nothing else (security.md §1).
_CLASSES_OF_ROLE: Final = {
    "front_end": frozenset({"message"}),
    "seller": frozenset({"message"}),
}


class MasterKeyUnusable(Exception):
    """The master key is missing, of another length, or open to others."""


class KeyForeign(Exception):
    """The value was sealed for another case's seller, or to a key that the vault never made."""


class KeyDestroyed(Exception):
    """The seller's key was destroyed: nothing sealed to it opens any more."""


class ClassNotCleared(Exception):
    """The caller is not cleared for a class that it asked for."""


class KeyState(Enum):
    SPARE = "spare"
    BOUND = "bound"
    DESTROYED = "destroyed"


class Binding(Enum):
    """What became of a key that a case named."""

    DONE = auto()
    FOREIGN = auto()  # another seller's, another public key, or none of ours: an alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose a key is: a seller on two marketplaces is two."""

    marketplace: str
    seller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A seller's key pair. `wrapped`: the private half, under the master key; None: destroyed."""

    key: str
    public_key: str
    wrapped: bytes | None = field(repr=False)
    state: KeyState = KeyState.SPARE
    marketplace: str | None = None
    seller: str | None = None


def wrap(private: X25519PrivateKey, *, master: bytes, key: str) -> bytes:
    """Encrypt a private key under the master key, for this key id only (AES-256-GCM)."""
    nonce = os.urandom(_NONCE_LENGTH)
    return nonce + AESGCM(master).encrypt(nonce, private.private_bytes_raw(), key.encode())


def unwrap(wrapped: bytes, *, master: bytes, key: str) -> X25519PrivateKey:
    """
    Decrypt a private key.

    Raises:
        InvalidTag: Another master key, another key's id, or changed bytes.
    """
    nonce, box = wrapped[:_NONCE_LENGTH], wrapped[_NONCE_LENGTH:]
    return X25519PrivateKey.from_private_bytes(AESGCM(master).decrypt(nonce, box, key.encode()))


def check_master_key(key: bytes) -> bytes:
    if len(key) != _KEY_LENGTH:
        raise MasterKeyUnusable(f"{_KEY_LENGTH} bytes wanted, {len(key)} found")
    return key


def decide_binding(pair: KeyPair | None, *, marketplace: str, seller: str, public: str) -> Binding:
    """Say whether a case's seller may have this key: a spare one, or its own."""
    if pair is None or pair.public_key != public:
        return Binding.FOREIGN
    if pair.state is KeyState.SPARE:
        return Binding.DONE
    return (
        Binding.DONE
        if (pair.marketplace, pair.seller) == (marketplace, seller)
        else Binding.FOREIGN
    )


def check_key(pair: KeyPair | None, *, marketplace: str, seller: str) -> bytes:
    """
    Return the wrapped private half if the pair is that seller's and still there.

    Raises:
        KeyForeign: Not this seller's.
        KeyDestroyed: It was, and is gone.
    """
    if pair is None or (pair.marketplace, pair.seller) != (marketplace, seller):
        raise KeyForeign
    if pair.wrapped is None:
        raise KeyDestroyed
    return pair.wrapped


def check_classes(asked: frozenset[str], *, cleared: frozenset[str], role: str) -> None:
    """
    Allow only classes that the caller is cleared for and that its role may ever open.

    Raises:
        ClassNotCleared: One is not among them.
    """
    if not asked <= cleared & _CLASSES_OF_ROLE.get(role, cleared):
        raise ClassNotCleared
