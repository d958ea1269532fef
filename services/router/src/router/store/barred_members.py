"""`barred_members`: who may not take a case, because they decided what is appealed."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Column, MetaData, String, Table
from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.door import Tx
from router.domain.queueing import CaseKey

table: Final = Table(
    "barred_members",
    MetaData(),
    Column("marketplace", String, primary_key=True),
    Column("case_id", ids.TypeId("case"), primary_key=True),
    Column("member", ids.TypeId("mem"), primary_key=True),
)


async def add(tx: Tx, case: CaseKey, members: Iterable[str]) -> None:
    """Keep each from the case, for as long as it is here; once."""
    rows = [
        {"marketplace": case.marketplace, "case_id": case.case_id, "member": member}
        for member in sorted(members)
    ]
    if rows:
        await tx.execute(insert(table).values(rows).on_conflict_do_nothing())
