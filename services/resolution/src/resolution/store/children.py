"""Which cases belong to an incident, as resolution has heard it."""

from collections.abc import Sequence

from sqlalchemy import Column, String, Table, delete, select
from sqlalchemy.dialects.postgresql import insert

from chassis.door import Tx
from chassis.ids import TypeId
from contracts.lifecycle import CaseState
from resolution.store.tables import metadata

incident_children = Table(
    "incident_children",
    metadata,
    Column("case_id", TypeId("case"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("parent", TypeId("case"), nullable=False),
)


async def set_parent(tx: Tx, state: CaseState, parent: str) -> None:
    """Note the incident that a case belongs to; the last one heard counts."""
    row = {"case_id": state.case_id, "marketplace": state.marketplace, "parent": parent}
    noted = insert(incident_children).values(**row)
    await tx.execute(noted.on_conflict_do_update(index_elements=["case_id"], set_=row))


async def remove_parent(tx: Tx, state: CaseState) -> None:
    await tx.execute(delete(incident_children).where(incident_children.c.case_id == state.case_id))


async def list_children(tx: Tx, parent: CaseState) -> Sequence[str]:
    """List the cases of an incident, oldest first."""
    wanted = (
        select(incident_children.c.case_id)
        .where(incident_children.c.marketplace == parent.marketplace)
        .where(incident_children.c.parent == parent.case_id)
        .order_by(incident_children.c.case_id)
    )
    return (await tx.execute(wanted)).scalars().all()
