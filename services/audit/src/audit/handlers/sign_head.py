"""Sign the log's head if it continues the last one signed; else refuse, and say why."""

from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from audit.domain.merkle import Head
from audit.domain.note import NoteSigner, checkpoint
from audit.domain.signing import Refusal, Signed, is_due, refusal_of, start_of
from audit.domain.tiles import (
    TileMissing,
    consistency_proof,
    edge_tiles,
    root,
    tiles_for_consistency,
)
from audit.store import checkpoints, log, signer_state
from audit.store.checkpoints import Checkpoint
from audit.store.log import LogHead
from chassis import failpoint, outbox
from chassis.door import Tx
from contracts.audit import CheckpointSigned

_SIGNED = Counter("audit_checkpoints_signed", "Checkpoints signed.")
_REFUSES = Gauge("audit_signer_refuses", "1 while the signer refuses the log's head: an alarm.")
_log = structlog.get_logger()
STATE_FILE: Final = "last_signed.json"


@dataclass(slots=True, kw_only=True)
class Notary:
    """The signer: its key, its memory, and why it refuses, if it does."""

    signer: NoteSigner
    state: Path
    refuses: str | None = field(default=None)


async def sign_head(tx: Tx, *, by: Notary) -> None:
    """
    Publish a checkpoint when there is something new to sign, and at least every minute.

    The file is written before the signature exists: a signer that dies in between has promised
    more than it published, never less.
    """
    found = await log.read(tx)
    newest = await checkpoints.find_newest(tx)
    published = Signed(head=newest.head, at=newest.signed_at) if newest else None
    remembered = signer_state.read(by.state)
    refusal = await _examine(tx, found.head, remembered, published)
    if refusal:
        _refuse(by, refusal, found.head, remembered)
        return
    _accept(by)
    if is_due(found.head, published, now=tx.now):
        signer_state.write(by.state, found.head)
        failpoint.reach("head_remembered")
        await _publish(tx, found, by.signer)


async def _examine(
    tx: Tx, head: Head, remembered: Head | None, published: Signed | None
) -> Refusal | None:
    """Rebuild the root from the tiles, and the proof that the last head begins this one."""
    start = start_of(remembered)
    if head.size < start.size:
        return Refusal.SHRUNK
    wanted = tiles_for_consistency(old=start.size, new=head.size) | edge_tiles(head.size)
    tiles = await log.load_tiles(tx, wanted)
    try:
        if root(head.size, tiles) != head.root:
            return Refusal.CHANGED
        proof = consistency_proof(old=start.size, new=head.size, tiles=tiles)
    except TileMissing:
        return Refusal.CHANGED
    return refusal_of(head, remembered=remembered, published=published, proof=proof)


def _refuse(by: Notary, refusal: Refusal, head: Head, remembered: Head | None) -> None:
    if by.refuses != refusal.value:
        size = remembered.size if remembered else None
        _log.error("signer_refuses", why=refusal.value, size=head.size, signed_size=size)
    by.refuses = refusal.value
    _REFUSES.set(1)


def _accept(by: Notary) -> None:
    if by.refuses:
        _log.warning("signer_signs_again")
    by.refuses = None
    _REFUSES.set(0)


async def _publish(tx: Tx, found: LogHead, signer: NoteSigner) -> None:
    note = checkpoint(found.head, signers=[signer])
    kept = Checkpoint(epoch=found.epoch, head=found.head, note=note, signed_at=tx.now)
    await checkpoints.add(tx, kept)
    await checkpoints.add_key(tx, signer.key)
    fact = CheckpointSigned(
        origin=signer.name,
        size=found.head.size,
        root=b64encode(found.head.root).decode(),
        note=b64encode(note.encode()).decode(),
    )
    outbox.announce(tx, fact, subject=log.LOG)
    _SIGNED.inc()
