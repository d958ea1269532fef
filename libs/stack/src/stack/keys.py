"""The secrets of one stack: a file each, readable by us alone, made once and kept."""

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from joserfc.jwk import ECKey

from chassis.signing import Signer, write_new_key

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Where each secret lies. Nothing here is read before somebody needs it."""

    folder: Path

    @property
    def public(self) -> Path:
        """`{key_id: base64 of the raw public key}` of all services: what audit verifies with."""
        return self.folder / "public.json"

    @property
    def master(self) -> Path:
        """The key that wraps the sellers' private keys: the vault's alone."""
        return self.folder / "vault-master.key"

    @property
    def signer(self) -> Path:
        """The key that signs checkpoints: the audit signer's alone."""
        return self.folder / "audit-signer.pem"

    @property
    def signer_before(self) -> Path:
        """The key before, which signs as well during a rotation; mostly there is none."""
        return self.folder / "audit-signer-before.pem"

    @property
    def signer_public(self) -> Path:
        return self.folder / "audit-signer.pub"

    @property
    def issuer(self) -> Path:
        return self.folder / "issuer.pem"

    def signing(self, service: str) -> Path:
        return self.folder / f"{service}.pem"

    def tag(self, service: str) -> Path:
        return self.folder / f"{service}-tag.key"

    def password(self, user: str) -> str:
        """Read the password of a database role."""
        return (self.folder / f"{user}.password").read_text()


def make_keys(folder: Path, *, services: Iterable[str], users: Iterable[str]) -> Keys:
    """
    Make what is missing of all secrets; those that exist stay.

    Args:
        folder: Becomes 0700, each file 0600.
        services: Who signs events and tags values.
        users: The database roles that log in.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    keys = Keys(folder=folder)
    _once(keys.master, lambda: secrets.token_bytes(_KEY_BYTES))
    _once(keys.issuer, _new_issuer_key)
    _make_pair(keys.signer)
    keys.signer_public.write_text(_raw_public(keys.signer))
    for user in users:
        _once(folder / f"{user}.password", lambda: secrets.token_urlsafe(24).encode())
    _make_service_keys(keys, services)
    return keys


def _make_service_keys(keys: Keys, services: Iterable[str]) -> None:
    directory = {}
    for service in services:
        _make_pair(keys.signing(service))
        _once(keys.tag(service), lambda: secrets.token_bytes(_KEY_BYTES))
        signer = Signer.load(keys.signing(service), service)
        directory[signer.key_id] = _raw_public(keys.signing(service))
    keys.public.write_text(json.dumps(directory, indent=1))


def _make_pair(path: Path) -> None:
    if not path.exists():
        write_new_key(path)


def _once(path: Path, make: Callable[[], bytes]) -> None:
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(make())


def _raw_public(path: Path) -> str:
    key = load_pem_private_key(path.read_bytes(), password=None).public_key()
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def _new_issuer_key() -> bytes:
    return ECKey.generate_key("P-256").as_pem(private=True)
