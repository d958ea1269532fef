"""Make a bundle that proves itself: every leaf of a subject, with its path to one checkpoint."""

from collections.abc import Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.domain.bundle import Entry, EventKey, Exporter, Keys, bundle_files, zipped
from audit.domain.tiles import TileId, inclusion_proof, tiles_for_inclusion
from audit.handlers.bear_witness import bear_witness
from audit.store import checkpoints, exports, leaves, log
from audit.store.checkpoints import Checkpoint
from audit.store.exports import Export
from audit.store.leaves import Logged, LoggedCase
from chassis import ids
from chassis.door import Tx
from chassis.signing import Signer
from contracts.audit import AuditExported

LARGEST: Final = 10_000  # events; a case has hundreds at most


class NotSignedYet(Exception):
    """The newest leaves are not under a checkpoint yet: try again in a second."""


class ExportTooLarge(Exception):
    """More events than one bundle holds."""


async def export_subject(
    tx: Tx,
    subject: str,
    *,
    case: LoggedCase,
    public_keys: Mapping[str, Ed25519PublicKey],
    signer: Signer,
) -> Export:
    """
    Build the bundle of a case as of the newest checkpoint; its leaf commits with it.

    Raises:
        NotSignedYet: Nothing signed covers all that the log holds of it.
        ExportTooLarge: It has more than 10,000 events.
    """
    signed, logged = await _everything(tx, subject, case)

    files = bundle_files(
        await _entries(tx, logged, size=signed.head.size),
        checkpoint=signed.note,
        as_of=signed.head.size,
        keys=await export_keys(tx, public_keys=public_keys, signer=signer),
        query={"case": subject},
        requester=tx.journey.actor,
    )

    export = Export(
        id=ids.new_id(exports.PREFIX, tx.now),
        marketplace=case.marketplace,
        subject=subject,
        as_of=signed.head.size,
        events=len(logged),
        zip=zipped(files),
    )
    await exports.add(tx, export)

    await bear_witness(
        tx,
        AuditExported(export=export.id, query={"case": subject}, as_of=export.as_of),
        signer=signer,
        subject=subject,
        marketplace=case.marketplace,
        correlation_id=case.correlation_id,
    )
    return export


async def _everything(
    tx: Tx, subject: str, case: LoggedCase
) -> tuple[Checkpoint, Sequence[Logged]]:
    """Find a checkpoint over all that the log holds of a subject, and those leaves."""
    signed = await checkpoints.find_newest(tx)
    newest = await leaves.newest_idx(tx, subject, marketplace=case.marketplace)
    if signed is None or newest >= signed.head.size:
        raise NotSignedYet
    logged = await leaves.list_of_subject(
        tx,
        subject,
        marketplace=case.marketplace,
        after=-1,
        before=signed.head.size,
        limit=LARGEST + 1,
    )
    if len(logged) > LARGEST:
        raise ExportTooLarge
    return signed, logged


async def _entries(tx: Tx, logged: Sequence[Logged], *, size: int) -> list[Entry]:
    wanted = set[TileId]().union(*(tiles_for_inclusion(one.idx, size=size) for one in logged))
    tiles = await log.load_tiles(tx, wanted)
    return [
        Entry(
            index=one.idx,
            leaf=one.leaf,
            path=inclusion_proof(one.idx, size=size, tiles=tiles),
            headers=one.headers,
            payload=one.payload,
        )
        for one in logged
    ]


async def export_keys(
    tx: Tx, *, public_keys: Mapping[str, Ed25519PublicKey], signer: Signer
) -> Keys:
    """Gather the keys that an export names, and the one that vouches for it."""
    return Keys(
        log=await checkpoints.list_keys(tx),
        events=event_keys(public_keys),
        exporter=Exporter(service="audit", key_id=signer.key_id, private=signer.key),
    )


def event_keys(public_keys: Mapping[str, Ed25519PublicKey]) -> list[EventKey]:
    return [
        EventKey(service=key_id.rpartition("-")[0], key_id=key_id, public=key.public_bytes_raw())
        for key_id, key in sorted(public_keys.items())
    ]
