"""The points of each case's checklist. One row a point."""

from collections.abc import Sequence

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

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
    rows = [_to_row(tx, state, place, point) for place, point in enumerate(points)]
    if rows:
        await tx.execute(insert(checklist_items), rows)


async def replace_points(tx: Tx, state: CaseState, points: Sequence[Point]) -> None:
    """Write the checklist of another type; who settled a point that stays, and when, stays too."""
    items = [point.item for point in points]
    await tx.execute(
        delete(checklist_items)
        .where(checklist_items.c.marketplace == state.marketplace)
        .where(checklist_items.c.case_id == state.case_id)
        .where(checklist_items.c.item.not_in(items))
    )
    rows = [_to_row(tx, state, place, point) for place, point in enumerate(points)]
    if not rows:
        return
    new = postgresql.insert(checklist_items).values(rows)
    kept = ("place", "kind", "required", "state", "reason", "evidence_id")
    changes = {name: new.excluded[name] for name in kept}
    await tx.execute(
        new.on_conflict_do_update(constraint=checklist_items.primary_key, set_=changes)
    )


def _to_row(tx: Tx, state: CaseState, place: int, point: Point) -> dict[str, object]:
    return {
        "marketplace": state.marketplace,
        "case_id": state.case_id,
        "item": point.item,
        "place": place,
        "kind": point.kind,
        "required": point.required,
        "state": point.state,
        "reason": point.reason,
        "evidence_id": point.evidence,
        "actor": tx.journey.actor,
        "changed_at": point.changed_at or tx.now,
    }


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
