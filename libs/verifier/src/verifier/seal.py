"""The exporter's signature of the manifest: who asked for what, and that these are the files."""

from collections.abc import Iterator, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier.archive import MANIFEST, SEAL
from verifier.canonical import NotCanonical, NotJson, canonical, read_object
from verifier.encoding import NotBase64, from_base64
from verifier.events import KeyRing
from verifier.report import Finding, tampered, undecided

_EXPORTER = "audit"
_SEALED = b"sellerworks/export/v1\n"


def check_seal(files: Mapping[str, bytes], keys: KeyRing) -> Iterator[Finding]:
    """Check that audit signed the manifest; without it nobody vouches for query and requester."""
    if SEAL not in files:
        yield undecided(SEAL, "is missing: nobody vouches for who asked for what")
        return
    try:
        key_id, signature = _read(files[SEAL])
    except (NotJson, NotCanonical, NotBase64) as error:
        yield undecided(SEAL, f"cannot be read: {error}")
        return
    key = keys.get((_EXPORTER, key_id))
    if key is None:
        yield undecided(SEAL, f"no key {key_id!r} of service {_EXPORTER!r} is known")
    elif not _is_signed(files[MANIFEST], signature, key.public):
        yield tampered(MANIFEST, f"is not what audit signed with its key {key.key_id!r}")


def _read(raw: bytes) -> tuple[str, bytes]:
    members = read_object(raw)
    if canonical(members) != raw or members.keys() != {"service", "keyid", "signature"}:
        raise NotCanonical("its members are not service, keyid, signature, in canonical form")
    if members["service"] != _EXPORTER:
        raise NotCanonical(f"not by {_EXPORTER}")
    return str(members["keyid"]), from_base64(members["signature"])


def _is_signed(manifest: bytes, signature: bytes, public: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _SEALED + manifest)
    except InvalidSignature:
        return False
    return True
