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

from audit.domain.note import LogKey
from audit.domain.proof import tlog_proof

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
class Keys:
    log: Sequence[LogKey]
    events: Sequence[EventKey]


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
        "events.jsonl": b"".join(_line(entry) for entry in entries),
        "checkpoint.txt": checkpoint.encode(),
        "keys.json": rfc8785.dumps(_keys(keys)),
    } | {f"proofs/{entry.index}.tlog-proof": _proof(entry, checkpoint) for entry in entries}
    manifest: dict[str, Any] = {
        "v": 1,
        "files": {name: f"sha256:{sha256(body).hexdigest()}" for name, body in files.items()},
        "query": dict(query),
        "as_of": as_of,
        "requester": requester,
    }
    return files | {"manifest.json": rfc8785.dumps(manifest)}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the zip; equal files give equal bytes."""
    archive = BytesIO()
    with ZipFile(archive, "w", compression=ZIP_DEFLATED) as out:
        for name in sorted(files):
            entry = ZipInfo(name, date_time=_ZIP_DATE)
            out.writestr(entry, files[name], compress_type=ZIP_DEFLATED)
    return archive.getvalue()


def _line(entry: Entry) -> bytes:
    return json.dumps(
        {
            "idx": entry.index,
            "leaf": _base64(entry.leaf),
            "headers": None if entry.headers is None else _signed_headers(entry.headers),
            "payload": None if entry.payload is None else _base64(entry.payload),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode() + (b"\n")


def _signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Keep what the producer signed: an export holds nothing that nobody vouches for."""
    return {name: text for name, text in headers.items() if name.startswith("ce_")}


def _proof(entry: Entry, checkpoint: str) -> bytes:
    text = tlog_proof(entry.leaf, index=entry.index, path=entry.path, checkpoint=checkpoint)
    return text.encode()


def _keys(keys: Keys) -> dict[str, Any]:
    return {
        "log": [
            {"name": key.name, "id": key.id.hex(), "public_key": _base64(key.public)}
            for key in keys.log
        ],
        "events": [
            {"service": key.service, "keyid": key.key_id, "public_key": _base64(key.public)}
            for key in keys.events
        ],
    }


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
