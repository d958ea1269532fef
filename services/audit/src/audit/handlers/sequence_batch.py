"""Give staged events their index: one transaction a batch, under the lock of the log's head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from audit.domain.arrivals import Arrival, Place, Stream, choose_order
from audit.domain.merkle import Head, leaf_hash
from audit.domain.tiles import TileId, append, edge_tiles, root
from audit.handlers.bear_witness import bear_witness
from audit.store import leaves, log, staged, streams
from chassis import failpoint, ids
from chassis.door import Tx
from chassis.signing import Signer
from contracts.audit import GapDetected
from contracts.catalogue import AUDIT

BATCH: Final = 500
_LEAVES = Counter("audit_leaves", "Leaves appended.")
_GAPS = Counter("audit_gaps", "Ranges of events that never came: an alarm.")
_log = structlog.get_logger()


class Superseded(Exception):
    """Another sequencer has taken over: this one has written nothing and must take over anew."""


class LogDamaged(Exception):
    """The stored tiles do not make the stored root. Nothing is appended to such a log."""


@dataclass(slots=True)
class Sequencer:
    """What one sequencer keeps in memory: its fence, and the right edge of the tree."""

    fence: int | None = None
    head: Head | None = None
    edge: dict[TileId, bytes] = field(default_factory=dict)

    def forget(self) -> None:
        self.fence, self.head, self.edge = None, None, {}


async def sequence_batch(tx: Tx, *, by: Sequencer, signer: Signer, patience: timedelta) -> bool:
    """
    Append what is staged, at most 500 leaves; say whether there may be more.

    A hole in a stream's numbers holds its subject; after `patience` a gap leaf names what is
    missing, and the subject flows on.

    Raises:
        Superseded: Someone else took over since this sequencer did.
        LogDamaged: The stored tree contradicts itself.
    """
    if not await staged.has_any(tx):
        return False
    before = await _enter(tx, by)
    await streams.let_go(tx)
    await _report_gaps(tx, signer=signer, patience=patience)
    arrivals = await staged.list_next(tx, limit=BATCH)
    ends = await streams.read_last(tx, {one.place.stream for one in arrivals})

    order = choose_order(arrivals, ends)

    await streams.hold(tx, order.held)
    if order.ready:
        await _append(tx, order.ready, before=before, by=by)
        await streams.advance(tx, {stream: order.last[stream] for stream in _streams(order.ready)})
        await _note_gaps(tx, order.ready, ends, first_idx=before.size)
    return len(arrivals) == BATCH


def _streams(arrivals: Sequence[Arrival]) -> set[Stream]:
    return {one.place.stream for one in arrivals}


async def _enter(tx: Tx, by: Sequencer) -> Head:
    """Lock the head; make sure that it is where this sequencer has left it."""
    if by.fence is None:
        by.fence = await log.take_over(tx)
        by.head = None
    found = await log.lock(tx)
    if found.fence != by.fence:
        by.forget()
        raise Superseded
    if by.head != found.head:
        # At take-over, and after a batch of ours that was rolled back.
        by.edge = await log.load_tiles(tx, edge_tiles(found.head.size))
        if root(found.head.size, by.edge) != found.head.root:
            raise LogDamaged
        by.head = found.head
    return found.head


async def _append(tx: Tx, ready: Sequence[Arrival], *, before: Head, by: Sequencer) -> None:
    growth = append([leaf_hash(one.leaf) for one in ready], size=before.size, edge=by.edge)
    await leaves.add(tx, ready, first_idx=before.size)
    failpoint.reach("leaves_copied")
    await log.write_tiles(tx, growth.touched)
    failpoint.reach("tiles_written")
    by.head = Head(growth.size, growth.root)
    by.edge = growth.edge
    await log.move(tx, by.head)
    await staged.remove(tx, [one.event_id for one in ready])
    failpoint.reach("head_moved")
    _LEAVES.inc(len(ready))


async def _report_gaps(tx: Tx, *, signer: Signer, patience: timedelta) -> None:
    """Say of what has been missing for too long that it is: once for each gap."""
    for missing in await streams.list_missing(tx, held_before=tx.now - patience):
        bounds = (str(missing.first), str(missing.last))
        event_id = ids.derived_uuid("gap", *missing.stream, *bounds)
        if await staged.has(tx, event_id):
            continue
        fact = GapDetected(
            gap_producer=missing.stream.producer,
            gap_topic=missing.stream.topic,
            gap_subject=missing.stream.subject,
            first_missing=missing.first,
            last_missing=missing.last,
        )
        await bear_witness(
            tx,
            fact,
            signer=signer,
            subject=missing.stream.subject,
            marketplace=missing.marketplace,
            event_id=event_id,
        )
        _GAPS.inc()
        _log.error("audit_gap", producer=missing.stream.producer, subject=missing.stream.subject)


async def _note_gaps(
    tx: Tx, ready: Sequence[Arrival], ends: Mapping[Stream, int], *, first_idx: int
) -> None:
    """With the leaf of a gap its subject flows on; what comes later is noted beside the gap."""
    late = dict[Place, int]()
    for idx, one in enumerate(ready, start=first_idx):
        if one.type == GapDetected.type and one.place.topic == AUDIT:
            gap = GapDetected.model_validate_json(one.payload)
            stream = Stream(gap.gap_producer, gap.gap_topic, gap.gap_subject)
            await streams.give_up(
                tx, stream, first=gap.first_missing, last=gap.last_missing, gap_idx=idx
            )
        elif one.place.sequence <= ends.get(one.place.stream, 0):
            late[one.place] = idx
    await streams.note_late(tx, late)
