"""Handoffs as rows."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Select,
    String,
    Table,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis import ids
from chassis.door import Tx
from handoff.domain.handoffs import Handoff, HandoffNotFound, State

metadata = MetaData()
_INSTANT = DateTime(timezone=True)

handoffs = Table(
    "handoffs",
    metadata,
    Column("handoff", ids.TypeId("hnd"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("case_id", ids.TypeId("case"), nullable=False),
    Column("team", String, nullable=False),
    Column("contract", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("party", String, nullable=False),
    Column("blocking", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("hop", Integer, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("payload_sha256", String, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("requested_by", String, nullable=False),
    Column("requested_at", _INSTANT, nullable=False),
    Column("accept_by", _INSTANT, nullable=False),
    Column("due_by", _INSTANT, nullable=False),
    Column("ended_at", _INSTANT),
    Column("result", JSONB(none_as_null=True)),
    Column("reason", String),
    Column("path", String),
    Column("suggest", String),
)
_COLUMNS = tuple(column.name for column in handoffs.columns)


async def add_handoff(tx: Tx, handoff: Handoff) -> None:
    await tx.execute(insert(handoffs).values(**_to_row(handoff)))


async def find_case(tx: Tx, handoff_id: str) -> str | None:
    """Say which case a handoff is of: lock that case's view before the handoff."""
    try:
        number = ids.to_uuid(handoff_id, prefix="hnd")
    except ids.NotAnId:
        return None
    wanted = select(handoffs.c.case_id).where(handoffs.c.handoff == ids.from_uuid("hnd", number))
    found: str | None = await tx.scalar(wanted)
    return found


async def get_handoff(tx: Tx, handoff_id: str, *, for_update: bool = False) -> Handoff:
    """
    Return a handoff; `for_update` decides between an acceptance and a lapse.

    Raises:
        HandoffNotFound: There is none.
    """
    wanted = select(handoffs).where(handoffs.c.handoff == handoff_id)
    found = await tx.execute(wanted.with_for_update() if for_update else wanted)
    row = found.mappings().one_or_none()
    if row is None:
        raise HandoffNotFound
    return _to_handoff(row)


async def save_handoff(tx: Tx, handoff: Handoff) -> None:
    await tx.execute(
        update(handoffs)
        .where(handoffs.c.handoff == handoff.handoff)
        .values(
            state=handoff.state.value,
            ended_at=handoff.ended_at,
            result=handoff.result,
            reason=handoff.reason,
            path=handoff.path,
            suggest=handoff.suggest,
        )
    )


async def list_of_case(tx: Tx, marketplace: str, case_id: str) -> tuple[Handoff, ...]:
    """Return the handoffs of a case, oldest first."""
    return await _read(
        tx,
        select(handoffs)
        .where(handoffs.c.marketplace == marketplace, handoffs.c.case_id == case_id)
        .order_by(handoffs.c.requested_at, handoffs.c.handoff),
    )


async def list_of_team(
    tx: Tx,
    team: str,
    *,
    marketplaces: frozenset[str],
    state: str | None,
    after: tuple[Any, str] | None,
    limit: int,
) -> tuple[Handoff, ...]:
    """Return a team's handoffs, what is due first first."""
    order = (handoffs.c.due_by, handoffs.c.handoff)
    wanted = (
        select(handoffs)
        .where(handoffs.c.team == team, handoffs.c.marketplace.in_(sorted(marketplaces)))
        .order_by(*order)
        .limit(limit)
    )
    if state is not None:
        wanted = wanted.where(handoffs.c.state == state)
    if after is not None:
        wanted = wanted.where(tuple_(*order) > tuple_(after[0], ids.to_uuid(after[1])))
    return await _read(tx, wanted)


async def _read(tx: Tx, wanted: Select[Any]) -> tuple[Handoff, ...]:
    return tuple(_to_handoff(row) for row in (await tx.execute(wanted)).mappings())


def _to_row(handoff: Handoff) -> dict[str, Any]:
    return {name: getattr(handoff, name) for name in _COLUMNS} | {"state": handoff.state.value}


def _to_handoff(row: RowMapping) -> Handoff:
    return Handoff(**{**row, "state": State(row["state"])})
