"""Sign the log's head if it continues the last one signed; else refuse, and say why."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.domain.leaf import in_milliseconds
from audit.domain.merkle import Head
from audit.domain.note import NoteSigner, checkpoint
from audit.domain.signing import Refusal, Signed, is_due, is_known, refusal_of, starts_of
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
from audit.store.signer_state import LastSigned
from chassis import failpoint, outbox
from chassis.door import Tx
from contracts.audit import CheckpointSigned

_SIGNED = Counter("audit_checkpoints_signed", "Checkpoints signed.")
_REFUSES = Gauge("audit_signer_refuses", "1 while the signer refuses the log's head: an alarm.")
_log = structlog.get_logger()
STATE_FILE: Final = "last_signed.json"
EVIDENCE: Final = "evidence"
"""The signer's folder of what its refusals rest on."""


@dataclass(slots=True, kw_only=True)
class Notary:
    """
    The signer: its keys, its memory, and why it refuses, if it does.

    The first key is the one in use; during a rotation the one before signs as well, so that
    whoever knows only one of them can still check.
    """

    signers: Sequence[NoteSigner]
    state: Path
    refuses: str | None = field(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is known when a head is looked at."""

    found: LogHead
    remembered: LastSigned | None
    newest: Checkpoint | None

    @property
    def head(self) -> Head:
        return self.found.head

    @property
    def last(self) -> Head | None:
        return self.remembered.head if self.remembered else None

    @property
    def published(self) -> Signed | None:
        newest = self.newest
        return Signed(head=newest.head, at=newest.signed_at) if newest else None


async def would_do_something(engine: AsyncEngine, *, by: Notary) -> bool:
    """Say in one round trip, outside of any transaction, whether `sign_head` has a reason to."""
    found, newest, now = await checkpoints.glance(engine)
    remembered = signer_state.read(by.state)
    return not _is_at_rest(_Facts(found=found, remembered=remembered, newest=newest), by, now)


async def sign_head(tx: Tx, *, by: Notary) -> None:
    """
    Publish a checkpoint when there is something new to sign, and at least every minute.

    The file is written before the signature leaves the process: a signer that dies in between
    has promised more than it published, never less.
    """
    facts = _Facts(
        found=await log.read(tx),
        remembered=signer_state.read(by.state),
        newest=await checkpoints.find_newest(tx),
    )
    if _is_at_rest(facts, by, tx.now):
        return
    refusal = await _examine(tx, facts)
    if refusal:
        _refuse(by, refusal, facts, tx.now)
        return
    _accept(by)
    if is_due(facts.head, facts.published, now=tx.now):
        await _publish(tx, facts.found, by)


def _is_at_rest(facts: _Facts, by: Notary, now: datetime) -> bool:
    known = is_known(facts.head, remembered=facts.last, published=facts.published)
    return known and not by.refuses and not is_due(facts.head, facts.published, now=now)


async def _examine(tx: Tx, facts: _Facts) -> Refusal | None:
    """Rebuild the root from the tiles, and the proofs that what was signed begins this head."""
    head, starts = facts.head, starts_of(facts.last, facts.published)
    if any(start.size > head.size for start in starts):
        return Refusal.SHRUNK
    paths = (tiles_for_consistency(old=start.size, new=head.size) for start in starts)
    tiles = await log.load_tiles(tx, edge_tiles(head.size).union(*paths))
    try:
        if root(head.size, tiles) != head.root:
            return Refusal.CHANGED
        proofs = {
            start: consistency_proof(old=start.size, new=head.size, tiles=tiles) for start in starts
        }
    except TileMissing:
        return Refusal.CHANGED
    return refusal_of(head, remembered=facts.last, published=facts.published, proofs=proofs)


def _refuse(by: Notary, refusal: Refusal, facts: _Facts, now: datetime) -> None:
    _REFUSES.set(1)
    if by.refuses == refusal.value:
        return
    by.refuses = refusal.value
    size = facts.last.size if facts.last else None
    _log.error("signer_refuses", why=refusal.value, size=facts.head.size, signed_size=size)
    name = f"{refusal.name.lower()}-{facts.head.size}-{facts.head.root.hex()[:16]}"
    signer_state.keep_evidence(by.state.parent / EVIDENCE, name, _evidence(refusal, facts, now))


def _evidence(refusal: Refusal, facts: _Facts, now: datetime) -> dict[str, object]:
    """Put both sides beside each other: what was signed, and what the database says now."""
    return {
        "why": refusal.value,
        "seen_at": in_milliseconds(now),
        "found": {"size": facts.head.size, "root": _base64(facts.head.root)},
        "signed": facts.remembered
        and {
            "size": facts.remembered.head.size,
            "root": _base64(facts.remembered.head.root),
            "note": facts.remembered.note,
        },
        "published": facts.newest and facts.newest.note,
    }


def _accept(by: Notary) -> None:
    if by.refuses:
        _log.warning("signer_signs_again")
    by.refuses = None
    _REFUSES.set(0)


async def _publish(tx: Tx, found: LogHead, by: Notary) -> None:
    note = checkpoint(found.head, signers=by.signers)
    signer_state.write(by.state, LastSigned(head=found.head, note=note))
    failpoint.reach("head_remembered")
    kept = Checkpoint(epoch=found.epoch, head=found.head, note=note, signed_at=tx.now)
    await checkpoints.add(tx, kept)
    for signer in by.signers:
        await checkpoints.add_key(tx, signer.key)
    fact = CheckpointSigned(
        origin=by.signers[0].name,
        size=found.head.size,
        root=_base64(found.head.root),
        note=_base64(note.encode()),
    )
    outbox.announce(tx, fact, subject=log.LOG)
    _SIGNED.inc()


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
