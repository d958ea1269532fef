"""The points of each case's checklist. One row a point."""

from collections.abc import Sequence

from sqlalchemy import Boolean, Column, DateTime, Integer, String, Table, insert, select, update

from chassis.door import Tx
from chassis.ids import TypeId
from contracts.lifecycle import CaseState
from resolution.domain.checklist import Point
from resolution.store.tables import metadata

checklist_items = Table(
    "checklist_items",
    metadata,
    Column("marketplace", String, primary_key=True),
    Column("case_id", TypeId("case"), primary_key=True),
    Column("item", String, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("kind", String),
    Column("required", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("evidence_id", TypeId("evd")),
    Column("actor", String, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)


async def add_points(tx: Tx, state: CaseState, points: Sequence[Point]) -> None:
    rows = [
        {
            "marketplace": state.marketplace,
            "case_id": state.case_id,
            "item": point.item,
            "place": place,
            "kind": point.kind,
            "required": point.required,
            "state": point.state,
            "actor": tx.journey.actor,
            "changed_at": tx.now,
        }
        for place, point in enumerate(points)
    ]
    if rows:
        await tx.execute(insert(checklist_items), rows)


async def points_of(tx: Tx, state: CaseState) -> tuple[Point, ...]:
    """Return a case's checklist in the playbook's order; empty before it was routed."""
    wanted = (
        select(checklist_items)
        .where(checklist_items.c.marketplace == state.marketplace)
        .where(checklist_items.c.case_id == state.case_id)
        .order_by(checklist_items.c.place)
    )
    rows = (await tx.execute(wanted)).mappings()
    return tuple(
        Point(
            item=row["item"],
            kind=row["kind"],
            required=row["required"],
            state=row["state"],
            reason=row["reason"],
            evidence=row["evidence_id"],
            changed_at=row["changed_at"],
        )
        for row in rows
    )


async def settle_point(tx: Tx, state: CaseState, point: Point) -> None:
    """Write how a point ended, by whom and when."""
    await tx.execute(
        update(checklist_items)
        .where(checklist_items.c.marketplace == state.marketplace)
        .where(checklist_items.c.case_id == state.case_id)
        .where(checklist_items.c.item == point.item)
        .values(
            state=point.state,
            reason=point.reason,
            evidence_id=point.evidence,
            actor=tx.journey.actor,
            changed_at=tx.now,
        )
    )
