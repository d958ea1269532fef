"""Sealing: how a restricted value is closed, and how the vault opens it (architecture.md §4)."""

import hmac
import json
import os
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from contracts.sealed import SealedValue

SALT_LENGTH: Final = 32
CLASSES: Final = frozenset(
    {"contact", "identity", "bank", "narrative", "message", "risk", "evidence_file"}
)
_PADDED: Final = frozenset({"contact", "bank", "identity"})
_STEP: Final = 64
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class NotOfThisKey(Exception):
    """The box does not open with this key for this subject and class: of another case, or bent."""


class CommitmentMismatch(Exception):
    """It opens, but not to what its commitment says: whoever sealed it lied. Answer nothing."""


class UnknownClass(Exception):
    """There is no such class of restricted values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A value in clear, and the salt that proves it against its commitment. Never logged."""

    value: Any = field(repr=False)
    salt: bytes = field(repr=False)


def seal(value: Any, *, public_key: str, key: str, class_: str, subject: str) -> SealedValue:  # noqa: ANN401 - any JSON value
    """
    Seal a JSON value to a seller's public key. Needs no vault, only 72 µs of CPU.

    Args:
        value: What has a JCS form (RFC 8785): text mostly.
        public_key: X25519, raw 32 bytes, base64: `case.opened.seller.public_key`.
        key: Id of that key pair, `key_…`.
        class_: One of CLASSES.
        subject: The case's id; the seller's (`sel_…`) for what outlives a case. It opens for no
            other.
    """
    if class_ not in CLASSES:
        raise UnknownClass(class_)
    salt = os.urandom(SALT_LENGTH)
    box = _SUITE.encrypt(
        _packed(value, salt, class_=class_),
        X25519PublicKey.from_public_bytes(b64decode(public_key, validate=True)),
        info=_info(key=key, class_=class_, subject=subject),
    )
    return SealedValue(
        sealed=urlsafe_b64encode(box).rstrip(b"=").decode(),
        key=key,
        class_=class_,
        commitment=commitment(salt, value),
    )


def open_value(private_key: X25519PrivateKey, sealed: SealedValue, *, subject: str) -> Opened:
    """
    Open a sealed value. Only the vault has a private key to do it with.

    Raises:
        NotOfThisKey: Key, class or subject are not those it was sealed for, or it was changed.
        CommitmentMismatch: It opens to something else than it claims.
    """
    info = _info(key=sealed.key, class_=sealed.class_, subject=subject)
    try:
        box = urlsafe_b64decode(sealed.sealed + "=" * (-len(sealed.sealed) % 4))
        packed = _SUITE.decrypt(box, private_key, info=info)
    except (InvalidTag, NotBase64, ValueError) as error:
        raise NotOfThisKey from error
    opened = _unpacked(packed)
    if not hmac.compare_digest(commitment(opened.salt, opened.value), sealed.commitment):
        raise CommitmentMismatch
    return opened


def commitment(salt: bytes, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """HMAC-SHA256(salt, JCS(value)), base64: tells nothing without the salt, proves all with it."""
    return b64encode(hmac.digest(salt, _canonical(value), "sha256")).decode()


def _canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """
    Write JCS (RFC 8785). Of text, orjson's output *is* JCS, ten times faster.

    A test compares the two.
    """
    if isinstance(value, str):
        return orjson.dumps(value)
    written: bytes = rfc8785.dumps(value)
    return written


def tag(tag_key: bytes, *parts: Any) -> bytes:  # noqa: ANN401 - any JSON values
    """
    Mark equal things as equal without saying what they are: HMAC-SHA256(tag key, JCS [parts]).

    A list, not joined text: `harbour` + `eu/1` and `harbour/eu` + `1` stay apart.
    """
    message = b"[" + b",".join(map(_canonical, parts)) + b"]"
    return hmac.digest(tag_key, message, "sha256")


def new_key_pair() -> tuple[X25519PrivateKey, str]:
    """Make a key pair; the public half as `seal` takes it."""
    private = X25519PrivateKey.generate()
    return private, b64encode(private.public_key().public_bytes_raw()).decode()


def _info(*, key: str, class_: str, subject: str) -> bytes:
    named = {"v": 1, "key": key, "class": class_, "subject": subject}
    return orjson.dumps(named, option=orjson.OPT_SORT_KEYS)


def _packed(value: Any, salt: bytes, *, class_: str) -> bytes:  # noqa: ANN401 - as above
    """Pad what is short and guessable by its length with spaces, which JSON does not see."""
    text = b'{"salt":"' + b64encode(salt) + b'","value":' + _canonical(value) + b"}"
    return text + b" " * (-len(text) % _STEP) if class_ in _PADDED else text


def _unpacked(packed: bytes) -> Opened:
    try:
        content = json.loads(packed)
        salt = b64decode(content["salt"], validate=True)
        opened = Opened(value=content["value"], salt=salt)
    except (ValueError, KeyError, TypeError) as error:
        raise CommitmentMismatch from error
    if len(salt) != SALT_LENGTH:  # HMAC pads short keys: another salt could fit another value
        raise CommitmentMismatch
    return opened
