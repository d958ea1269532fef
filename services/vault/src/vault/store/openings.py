"""Openings as rows: who read what, and why."""

from collections.abc import Sequence

from sqlalchemy import Column, DateTime, MetaData, String, Table, insert

from chassis import ids
from chassis.door import Tx
from contracts.vault import SealedValueOpened

metadata = MetaData()
openings = Table(
    "openings",
    metadata,
    Column("opening", ids.TypeId("opn"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("case_id", ids.TypeId("case"), nullable=False),
    Column("commitment", String, nullable=False),
    Column("class", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("opened_by", String, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
)


async def add(
    tx: Tx, opened: Sequence[SealedValueOpened], *, marketplace: str, case_id: str
) -> None:
    rows = [
        {
            "opening": one.opening,
            "marketplace": marketplace,
            "case_id": case_id,
            "commitment": one.commitment,
            "class": one.class_,
            "purpose": one.purpose,
            "opened_by": one.opened_by,
            "opened_at": tx.now,
        }
        for one in opened
    ]
    if rows:
        await tx.execute(insert(openings), rows)
