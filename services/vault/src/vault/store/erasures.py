"""Erasures, asked for and done, as rows; and which cases are whose."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, DateTime, MetaData, String, Table, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.door import Tx
from vault.domain.erasure import Erasure

metadata = MetaData()
_INSTANT = DateTime(timezone=True)

erasures = Table(
    "erasures",
    metadata,
    Column("seller", ids.TypeId("sel"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("key", ids.TypeId("key"), nullable=False),
    Column("legal_basis", String, nullable=False),
    Column("requested_by", String, nullable=False),
    Column("requested_at", _INSTANT, nullable=False),
    Column("approved_by", String),
    Column("erased_at", _INSTANT),
)
_ADD_CASE = """
insert into seller_cases (seller, case_id) values ($1, $2) on conflict do nothing
"""
_CASES = "select case_id from seller_cases where seller = $1 order by case_id"


async def find(tx: Tx, seller: str) -> Erasure | None:
    found = await tx.execute(select(erasures).where(erasures.c.seller == seller))
    row = found.mappings().one_or_none()
    return None if row is None else Erasure(**row)


async def request(tx: Tx, erasure: Erasure) -> None:
    await tx.execute(insert(erasures).values(_row(erasure)))


async def finish(tx: Tx, seller: str, *, approved_by: str, erased_at: datetime) -> None:
    done = update(erasures).where(erasures.c.seller == seller)
    await tx.execute(done.values(approved_by=approved_by, erased_at=erased_at))


async def remember(tx: Tx, done: Sequence[Erasure]) -> None:
    """Keep erasures that were done before, whatever this database still knows of them."""
    for erasure in done:
        row = _row(erasure)
        known = insert(erasures).values(row)
        await tx.execute(
            known.on_conflict_do_update(
                index_elements=["seller"], set_=row, where=erasures.c.erased_at.is_(None)
            )
        )


async def add_case(tx: Tx, seller: str, case_id: str) -> None:
    connection = await tx.raw()
    await connection.execute(_ADD_CASE, seller, ids.to_uuid(case_id, prefix="case"))


async def list_cases(tx: Tx, seller: str) -> list[str]:
    connection = await tx.raw()
    rows = await connection.fetch(_CASES, seller)
    return [ids.from_uuid("case", row["case_id"]) for row in rows]


def _row(erasure: Erasure) -> dict[str, object]:
    return {column.name: getattr(erasure, column.name) for column in erasures.columns}
