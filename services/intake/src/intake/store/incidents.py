"""Which case belongs to which incident."""

from datetime import datetime

from sqlalchemy import exists, select, tuple_, update

from chassis.door import Tx
from intake.domain.filing import FiledCase
from intake.store.cases import SHOWN, cases, to_case


async def has_children(tx: Tx, case: str) -> bool:
    found = await tx.execute(select(exists().where(cases.c.parent == case)))
    return bool(found.scalar_one())


async def set_parent(tx: Tx, case: str, parent: str | None) -> None:
    await tx.execute(update(cases).where(cases.c.id == case).values(parent=parent))


async def find_children(
    tx: Tx, parent: str, *, after: tuple[datetime, str] | None, limit: int
) -> list[FiledCase]:
    """List the cases of an incident, newest first, from the one after the key on."""
    query = select(*SHOWN).where(cases.c.parent == parent)
    if after is not None:
        query = query.where(tuple_(cases.c.opened_at, cases.c.id) < after)
    newest_first = query.order_by(cases.c.opened_at.desc(), cases.c.id.desc()).limit(limit)
    return [to_case(row) for row in await tx.execute(newest_first)]
