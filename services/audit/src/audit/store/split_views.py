"""Checkpoints that were signed and contradict the log: both sides, as evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.domain.merkle import Head
from audit.domain.note import SignedHead
from chassis.door import Tx

_ADD = """
insert into split_views (origin, size, root, note, why, our_root, our_note, seen_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning true
"""
_LIST = """
select origin, size, root, note, why, our_root, our_note, seen_at
from split_views order by seen_at, origin, size, root limit $1
"""
MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitView:
    """A signed checkpoint, why it contradicts the log, and what the log has of that size."""

    seen: SignedHead
    note: str
    why: str
    our_root: bytes | None
    our_note: str | None
    seen_at: datetime


async def add(tx: Tx, view: SplitView) -> bool:
    """Keep it; say whether it is new."""
    connection = await tx.raw()
    head = view.seen.head
    row = (view.seen.origin, head.size, head.root, view.note, view.why)
    found = await connection.fetchval(_ADD, *row, view.our_root, view.our_note, view.seen_at)
    return found is not None


async def list_first(tx: Tx) -> list[SplitView]:
    connection = await tx.raw()
    return [
        SplitView(
            seen=SignedHead(origin=row["origin"], head=Head(row["size"], row["root"])),
            note=row["note"],
            why=row["why"],
            our_root=row["our_root"],
            our_note=row["our_note"],
            seen_at=row["seen_at"],
        )
        for row in await connection.fetch(_LIST, MOST)
    ]
