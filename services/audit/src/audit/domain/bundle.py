"""What an export holds, file by file, and how the files become a zip."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.domain.note import LogKey
from audit.domain.proof import tlog_proof

EVENTS, CHECKPOINT, KEYS = "events.jsonl", "checkpoint.txt", "keys.json"
MANIFEST, SEAL = "manifest.json", "manifest.sig"
_SEALED = b"sellerworks/export/v1\n"
# The oldest date a zip knows: the same export gives the same bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event: `headers` and `payload` are `None` once retention has cleared them."""

    index: int
    leaf: bytes
    path: Sequence[bytes]
    headers: Mapping[str, str] | None
    payload: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKey:
    """The public key with which a service signs its events."""

    service: str
    key_id: str
    public: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """Who vouches for an export as a whole: who asked for what, and that these are its files."""

    service: str
    key_id: str
    private: Ed25519PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    log: Sequence[LogKey]
    events: Sequence[EventKey]
    exporter: Exporter


def bundle_files(
    entries: Sequence[Entry],
    *,
    checkpoint: str,
    as_of: int,
    keys: Keys,
    query: Mapping[str, object],
    requester: str,
) -> dict[str, bytes]:
    """Return the files by name; every path is that of the tree of `as_of`, the checkpoint's."""
    files = {
        EVENTS: b"".join(_line(entry) for entry in entries),
        CHECKPOINT: checkpoint.encode(),
        KEYS: keys_file(keys),
    } | {f"proofs/{entry.index}.tlog-proof": _proof(entry, checkpoint) for entry in entries}
    hashes = {name: sha256(body).hexdigest() for name, body in files.items()}
    told = manifest(hashes, query=query, as_of=as_of, requester=requester)
    return files | {MANIFEST: told, SEAL: seal(told, keys.exporter)}


def manifest(
    hashes: Mapping[str, str], *, query: Mapping[str, object], as_of: int, requester: str
) -> bytes:
    """Return what vouches for every file by its SHA-256 (hex)."""
    told: dict[str, Any] = {
        "v": 1,
        "files": {name: f"sha256:{digest}" for name, digest in hashes.items()},
        "query": dict(query),
        "as_of": as_of,
        "requester": requester,
    }
    return rfc8785.dumps(told)


def seal(told: bytes, exporter: Exporter) -> bytes:
    """Return the exporter's signature of a manifest, as a file."""
    signature = _base64(exporter.private.sign(_SEALED + told))
    return rfc8785.dumps(
        {"service": exporter.service, "keyid": exporter.key_id, "signature": signature}
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the zip; equal files give equal bytes."""
    archive = BytesIO()
    with ZipFile(archive, "w", compression=ZIP_DEFLATED) as out:
        for name in sorted(files):
            out.writestr(entry_named(name), files[name])
    return archive.getvalue()


def entry_named(name: str) -> ZipInfo:
    """Return a zip's entry that says nothing of when it was made."""
    entry = ZipInfo(name, date_time=_ZIP_DATE)
    entry.compress_type = ZIP_DEFLATED
    return entry


def _line(entry: Entry) -> bytes:
    return json_line({"idx": entry.index, **disclosed(entry.leaf, entry.headers, entry.payload)})


def disclosed(
    leaf: bytes, headers: Mapping[str, str] | None, payload: bytes | None
) -> dict[str, object]:
    """Return what a line of `events.jsonl` tells of an event that the requester may see."""
    return {
        "leaf": _base64(leaf),
        "headers": None if headers is None else _signed_headers(headers),
        "payload": None if payload is None else _base64(payload),
    }


def json_line(members: Mapping[str, object]) -> bytes:
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Keep what the producer signed: an export holds nothing that nobody vouches for."""
    return {name: text for name, text in headers.items() if name.startswith("ce_")}


def _proof(entry: Entry, checkpoint: str) -> bytes:
    text = tlog_proof(entry.leaf, index=entry.index, path=entry.path, checkpoint=checkpoint)
    return text.encode()


def keys_file(keys: Keys) -> bytes:
    """Return `keys.json`: for comparison with what an auditor was given by another way."""
    named: dict[str, Any] = {
        "log": [
            {"name": key.name, "id": key.id.hex(), "public_key": _base64(key.public)}
            for key in keys.log
        ],
        "events": [
            {"service": key.service, "keyid": key.key_id, "public_key": _base64(key.public)}
            for key in keys.events
        ],
    }
    return rfc8785.dumps(named)


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
