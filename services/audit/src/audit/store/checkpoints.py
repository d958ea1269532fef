"""What the signer has signed, and with which keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from audit.domain.merkle import Head
from audit.domain.note import LogKey
from audit.store.log import LOG, LogHead
from chassis.door import Tx
from chassis.single import fetch

_ADD = """
insert into checkpoints (epoch, size, root, note, signed_at) values ($1, $2, $3, $4, $5)
on conflict (epoch, size) do update set note = excluded.note, signed_at = excluded.signed_at
    where checkpoints.root = excluded.root
"""
_COLUMNS: Final = "epoch, size, root, note, signed_at"
_NEWEST = f"select {_COLUMNS} from checkpoints order by epoch desc, size desc limit 1"  # noqa: S608 - a constant list of columns
_GLANCE = """
select head.epoch, head.size, head.root, head.fence, clock_timestamp() as now,
       newest.epoch as signed_epoch, newest.size as signed_size, newest.root as signed_root,
       newest.note, newest.signed_at
from log_heads as head
left join lateral (
    select * from checkpoints order by epoch desc, size desc limit 1
) as newest on true
where head.log = $1
"""
_OF_SIZE = f"select {_COLUMNS} from checkpoints where size = $1 order by epoch desc limit 1"  # noqa: S608 - the same
_ADD_KEY = """
insert into log_keys (name, public_key, first_used_at) values ($1, $2, $3) on conflict do nothing
"""
_KEYS = "select name, public_key from log_keys order by first_used_at, public_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed head, as it was published."""

    epoch: int
    head: Head
    note: str
    signed_at: datetime


async def add(tx: Tx, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint; signed again, the same head only becomes fresher."""
    connection = await tx.raw()
    head = checkpoint.head
    await connection.execute(
        _ADD, checkpoint.epoch, head.size, head.root, checkpoint.note, checkpoint.signed_at
    )


async def glance(engine: AsyncEngine) -> tuple[LogHead, Checkpoint | None, datetime]:
    """Read the log's head, the newest checkpoint and the time, outside of any transaction."""
    [row] = await fetch(engine, _GLANCE, LOG)
    found = LogHead(epoch=row["epoch"], head=Head(row["size"], row["root"]), fence=row["fence"])
    if row["signed_at"] is None:
        return found, None, row["now"]
    newest = Checkpoint(
        epoch=row["signed_epoch"],
        head=Head(row["signed_size"], row["signed_root"]),
        note=row["note"],
        signed_at=row["signed_at"],
    )
    return found, newest, row["now"]


async def find_newest(tx: Tx) -> Checkpoint | None:
    return await _find(tx, _NEWEST)


async def find_of_size(tx: Tx, size: int) -> Checkpoint | None:
    return await _find(tx, _OF_SIZE, size)


async def _find(tx: Tx, statement: str, *arguments: int) -> Checkpoint | None:
    connection = await tx.raw()
    row = await connection.fetchrow(statement, *arguments)
    if row is None:
        return None
    return Checkpoint(
        epoch=row["epoch"],
        head=Head(row["size"], row["root"]),
        note=row["note"],
        signed_at=row["signed_at"],
    )


async def add_key(tx: Tx, key: LogKey) -> None:
    """Say which key signs, so that exports can name it. Verifiers get it by another way."""
    connection = await tx.raw()
    await connection.execute(_ADD_KEY, key.name, key.public, tx.now)


async def list_keys(tx: Tx) -> list[LogKey]:
    connection = await tx.raw()
    return [
        LogKey(name=row["name"], public=row["public_key"]) for row in await connection.fetch(_KEYS)
    ]
