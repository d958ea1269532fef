"""What intake forgets of a seller, and which files are still to be removed."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from chassis import ids
from chassis.door import Tx

_SELLER: Final = """
with known as (select seller, marketplace, ref_tag from sellers where seller = $1 for update)
update sellers set ref_tag = null, erased_at = coalesce(erased_at, $2)
from known where sellers.seller = known.seller
returning known.marketplace, known.ref_tag
"""
_SUBJECTS: Final = "update cases set subject_tag = null, likeness = null where seller = $1"
_GRANTS: Final = """
update authority_grants set ended_at = coalesce(ended_at, $2) where seller = $1
"""
_FILES: Final = """
update evidence set file_tag = null, erased_at = coalesce(evidence.erased_at, $2)
from cases where cases.id = evidence.case_id and cases.seller = $1
"""
# As the chassis names a seller in stored answers: by the tag of its handle.
_ANSWERS: Final = "delete from idempotency_key where marketplace = $1 and principal = $2"
_TO_REMOVE: Final = """
select id from evidence where erased_at is not null and file_removed_at is null
order by id limit $1
"""
_REMOVED: Final = "update evidence set file_removed_at = $2 where id = any($1)"


async def forget_seller(tx: Tx, seller: str, *, erased_at: datetime) -> bool:
    """
    Clear the tags of a seller, of its cases' subjects and files, and its stored answers.

    Returns False for a seller that was never here. Idempotent.
    """
    connection = await tx.raw()
    number = ids.to_uuid(seller, prefix="sel")
    known = await connection.fetchrow(_SELLER, number, erased_at)
    if known is None:
        return False
    await connection.execute(_SUBJECTS, number)
    await connection.execute(_FILES, number, erased_at)
    await connection.execute(_GRANTS, number, erased_at)
    if known["ref_tag"] is not None:
        principal = f"seller:{known['ref_tag'].hex()}"
        await connection.execute(_ANSWERS, known["marketplace"], principal)
    return True


async def files_to_remove(tx: Tx, *, limit: int) -> list[str]:
    """List evidence of erased sellers whose file is still there."""
    connection = await tx.raw()
    rows = await connection.fetch(_TO_REMOVE, limit)
    return [ids.from_uuid("evd", row["id"]) for row in rows]


async def note_removed(tx: Tx, evidence: Collection[str]) -> None:
    connection = await tx.raw()
    await connection.execute(_REMOVED, ids.to_uuids(list(evidence)), tx.now)
