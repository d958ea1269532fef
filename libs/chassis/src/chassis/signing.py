"""Every event is signed by the service that says it (Ed25519)."""

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

SIGNATURE, KEY_ID = "ce_signature", "ce_keyid"


class BadSignature(Exception):
    """The event is not signed, or not by whom it names. Do not believe it."""


class NotASigningKey(Exception):
    """A key file holds no Ed25519 key. Make one with `write_new_key`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The key of one service, and its name: `router-1f2e3d4c`."""

    key_id: str
    key: Ed25519PrivateKey

    @classmethod
    def of(cls, key: Ed25519PrivateKey, *, service: str) -> "Signer":
        return cls(key_id=key_id_of(key.public_key(), service=service), key=key)

    @classmethod
    def load(cls, path: Path, service: str) -> "Signer":
        """
        Read a PEM file (PKCS #8).

        Raises:
            NotASigningKey: It holds another kind of key.
        """
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise NotASigningKey(f"{path.name}: not an Ed25519 key")
        return cls.of(key, service=service)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    @property
    def public_key(self) -> Ed25519PublicKey:
        return self.key.public_key()


def key_id_of(key: Ed25519PublicKey, *, service: str) -> str:
    return f"{service}-{hashlib.sha256(key.public_bytes_raw()).hexdigest()[:8]}"


def write_new_key(path: Path) -> Ed25519PublicKey:
    """Make a key pair and keep the private half in a new file that only we can read (0600)."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return key.public_key()


def load_public_keys(path: Path) -> dict[str, Ed25519PublicKey]:
    """Read `{key_id: base64 of the 32 raw bytes}`."""
    written: dict[str, str] = orjson.loads(path.read_bytes())
    return {
        key_id: Ed25519PublicKey.from_public_bytes(base64.b64decode(raw, validate=True))
        for key_id, raw in written.items()
    }


def sign_headers(headers: Mapping[str, str], payload: bytes, signer: Signer) -> dict[str, str]:
    """Return the headers with `ce_keyid` and, over all other `ce_` ones, `ce_signature`."""
    named = {**headers, KEY_ID: signer.key_id}
    signature = signer.sign(signed_bytes(named, payload))
    return {**named, SIGNATURE: base64.b64encode(signature).decode()}


def verify(
    headers: Mapping[str, str], payload: bytes, public_keys: Mapping[str, Ed25519PublicKey]
) -> bytes:
    """
    Check that the service which an event names has signed it; return the bytes that it signed.

    Raises:
        BadSignature: It has not, or its key is unknown here.
    """
    key_id, signature = headers.get(KEY_ID, ""), headers.get(SIGNATURE, "")
    producer = headers.get("ce_source", "").rpartition("/")[2]
    key = public_keys.get(key_id)
    if key is None or key_id.rpartition("-")[0] != producer:
        raise BadSignature("no key of this producer goes by that name")
    signed = signed_bytes(headers, payload)
    try:
        key.verify(base64.b64decode(signature, validate=True), signed)
    except (InvalidSignature, ValueError) as error:
        raise BadSignature("the signature does not fit") from error
    return signed


def signed_bytes(headers: Mapping[str, str], payload: bytes) -> bytes:
    """
    Return what is signed: JCS (RFC 8785) of the `ce_` headers and the payload's digest.

    Of a flat object of strings with ASCII names, orjson's sorted output *is* JCS, ten times
    faster; a test compares the two.
    """
    signed = {
        name: value
        for name, value in headers.items()
        if name.startswith("ce_") and name != SIGNATURE
    }
    signed["payload"] = f"sha256:{hashlib.sha256(payload).hexdigest()}"
    return orjson.dumps(signed, option=orjson.OPT_SORT_KEYS)
