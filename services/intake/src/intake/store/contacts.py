"""Repeated contacts about a case that is open already."""

from typing import Final

from chassis import ids
from chassis.door import Tx

_ADD: Final = """
insert into contacts (marketplace, message, case_id, external_ref, received_at)
values ($1, $2, $3, $4, $5)
on conflict do nothing returning message
"""
_MOVE: Final = "update contacts set case_id = $2 where case_id = $1"


async def add_if_free(
    tx: Tx, *, marketplace: str, case: str, message: str, external_ref: str | None
) -> bool:
    """Add a contact; False when its external reference is taken."""
    connection = await tx.raw()
    added = await connection.fetchval(
        _ADD, marketplace, ids.to_uuid(message), ids.to_uuid(case), external_ref, tx.now
    )
    return added is not None


async def move(tx: Tx, case: str, *, to: str) -> None:
    """Let the contacts about a case be about another: `to` goes on in its place."""
    connection = await tx.raw()
    await connection.execute(_MOVE, ids.to_uuid(case), ids.to_uuid(to))
