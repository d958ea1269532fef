"""Documents of cases. What became of them stands in the fold; here is who may send them again."""

from collections.abc import Collection
from typing import Final

from chassis import ids
from chassis.door import Tx
from intake.domain.documents import ReceiveEvidence

_ADD: Final = """
insert into evidence (marketplace, id, case_id, kind, provenance, file_tag, received_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_FIND: Final = """
select id from evidence where marketplace = $1 and case_id = $2 and file_tag = $3
"""


async def find_same(tx: Tx, marketplace: str, case: str, file_tag: bytes) -> str | None:
    """Find a document of the case with the same kind and content. Its view has to be locked."""
    connection = await tx.raw()
    found = await connection.fetchval(_FIND, marketplace, ids.to_uuid(case), file_tag)
    return None if found is None else ids.from_uuid("evd", found)


async def add(tx: Tx, command: ReceiveEvidence, *, marketplace: str) -> None:
    connection = await tx.raw()
    await connection.execute(
        _ADD,
        marketplace,
        ids.to_uuid(command.evidence),
        ids.to_uuid(command.case),
        command.kind,
        command.provenance,
        command.file_tag,
        tx.now,
    )


async def provenances(tx: Tx, evidence: Collection[str]) -> dict[str, str]:
    """Say of each document that has come, to whichever case, who sent it."""
    connection = await tx.raw()
    rows = await connection.fetch(
        "select id, provenance from evidence where id = any($1)", ids.to_uuids(list(evidence))
    )
    return {ids.from_uuid("evd", row["id"]): row["provenance"] for row in rows}


async def those_known(tx: Tx, evidence: Collection[str]) -> frozenset[str]:
    """Return those ids that a row stands behind."""
    connection = await tx.raw()
    rows = await connection.fetch(
        "select id from evidence where id = any($1)", ids.to_uuids(list(evidence))
    )
    return frozenset(ids.from_uuid("evd", row["id"]) for row in rows)
