"""Repeated contacts about a case that is open already."""

from typing import Final

from chassis import ids
from chassis.door import Tx

_ADD: Final = """
insert into contacts (marketplace, message, case_id, external_ref, received_at)
values ($1, $2, $3, $4, $5)
on conflict do nothing returning message
"""


async def add_if_free(
    tx: Tx, *, marketplace: str, case: str, message: str, external_ref: str | None
) -> bool:
    """Add a contact; False when its external reference is taken."""
    connection = await tx.raw()
    added = await connection.fetchval(
        _ADD, marketplace, ids.to_uuid(message), ids.to_uuid(case), external_ref, tx.now
    )
    return added is not None
