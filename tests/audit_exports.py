"""A small log as audit would write it, and an export of it, for the tests of both sides."""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.domain.bundle import Entry, EventKey, Exporter, Keys, bundle_files, seal, zipped
from audit.domain.leaf import Source, leaf_of
from audit.domain.merkle import Head, leaf_hash
from audit.domain.note import NoteSigner, checkpoint
from audit.domain.tiles import TileId, append, inclusion_proof
from verifier.cli import main

LOG_SIGNER = NoteSigner(
    name="audit.test/audit/main/0", private=Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
)
SERVICES = {
    name: Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())
    for name in ("intake", "router", "audit")
}
EXPORTER = Exporter(service="audit", key_id="audit-1", private=SERVICES["audit"])
KEYS = Keys(
    log=[LOG_SIGNER.key],
    events=[
        EventKey(service=name, key_id=f"{name}-1", public=key.public_key().public_bytes_raw())
        for name, key in SERVICES.items()
    ],
    exporter=EXPORTER,
)
SALT = b"\x05" * 32
CASE = "case_01m8"
RECORDED_AT = datetime(2026, 11, 22, 1, 2, 3, 601_999, tzinfo=UTC)


Body = tuple[bytes, dict[str, str], bytes]
"""Leaf, headers and payload of an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    entries: list[Entry]
    tiles: dict[TileId, bytes]
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    files: dict[str, bytes]

    def zipped(self, changes: Mapping[str, bytes | None], *, repair: bool = False) -> bytes:
        """
        Zip the files with changes (`None` drops a file).

        With `repair` whoever made the changes holds audit's own key: the manifest fits again.
        """
        files = {k: v for k, v in (self.files | dict(changes)).items() if v is not None}
        if repair:
            manifest = json.loads(files.pop("manifest.json"))
            files.pop("manifest.sig")
            manifest["files"] = {k: f"sha256:{sha256(v).hexdigest()}" for k, v in files.items()}
            files["manifest.json"] = rfc8785.dumps(manifest)
            files["manifest.sig"] = seal(files["manifest.json"], EXPORTER)
        return zipped(files)

    def verdict(self, folder: Path, raw: bytes, *options: str) -> int:
        file = folder / "export.zip"
        file.write_bytes(raw)
        return main(["bundle", str(file), "--key", LOG_SIGNER.key.verifier_key, *options])


def commitment(value: Any, salt: bytes = SALT) -> str:  # noqa: ANN401 any JSON value can be sealed
    return b64encode(hmac.digest(salt, rfc8785.dumps(value), "sha256")).decode()


def headers_of(number: int, **changes: str | None) -> dict[str, str]:
    """Return the signed headers of an event: intake and router take turns on one case."""
    producer = "router" if number % 2 else "intake"
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(UUID(int=number + 1)),
        "ce_source": f"/sellerworks/{producer}",
        "ce_type": "case.routed.v1" if number % 2 else "case.opened.v1",
        "ce_subject": CASE,
        "ce_time": "2026-11-22T01:02:03.456Z",
        "ce_dataschema": "case.opened.v1#1",
        "ce_sequence": str(number // 2 + 1),
        "ce_correlationid": str(UUID(int=1)),
        "ce_marketplace": "harbour",
        "ce_actor": f"service:{producer}",
    } | changes
    return {name: value for name, value in headers.items() if value is not None}


def signed(headers: Mapping[str, str], payload: bytes) -> dict[str, str]:
    """Sign as the chassis does, written out here from the specification."""
    service = headers["ce_source"].rpartition("/")[2]
    named = dict(headers) | {"ce_keyid": f"{service}-1"}
    document = named | {"payload": f"sha256:{sha256(payload).hexdigest()}"}
    signature = SERVICES[service].sign(rfc8785.dumps(document))
    return named | {
        "ce_signature": b64encode(signature).decode(),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }


def payload_of(number: int) -> bytes:
    sealed = {"sealed": "AAAA", "key": "key_1", "class": "narrative"}
    return rfc8785.dumps({"n": number, "text": sealed | {"commitment": commitment(f"no {number}")}})


def leaf_and_body(number: int, **changes: str | None) -> Body:
    payload = payload_of(number)
    headers = signed(headers_of(number, **changes), payload)
    leaf = leaf_of(
        headers,
        payload_sha256=sha256(payload).digest(),
        src=Source(topic="cases.v1", partition=3, offset=number),
        recorded_at=RECORDED_AT,
    )
    return leaf, headers, payload


@cache
def log_of(size: int) -> Log:
    return grown([leaf_and_body(number) for number in range(size)])


def grown(bodies: list[Body]) -> Log:
    size = len(bodies)
    growth = append([leaf_hash(leaf) for leaf, _, _ in bodies], size=0, edge={})
    entries = [
        Entry(
            index=index,
            leaf=leaf,
            path=inclusion_proof(index, size=size, tiles=growth.touched),
            headers=headers,
            payload=payload,
        )
        for index, (leaf, headers, payload) in enumerate(bodies)
    ]
    return Log(entries=entries, tiles=growth.touched, root=growth.root)


@cache
def export() -> Made:
    return exported(log_of(7))


def exported(
    log: Log, *, entries: list[Entry] | None = None, query: Mapping[str, object] | None = None
) -> Made:
    size = len(log.entries)
    files = bundle_files(
        log.entries if entries is None else entries,
        checkpoint=checkpoint(Head(size, log.root), signers=[LOG_SIGNER]),
        as_of=size,
        keys=KEYS,
        query={"case": CASE} if query is None else query,
        requester="compliance:mem_1",
    )
    return Made(files=files)
