"""`presences`: what each member said last of being there."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Column, DateTime, Integer, MetaData, RowMapping, String, Table, select
from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.door import Tx
from router.domain.presence import AVAILABLE, Delegation, Presence

_INSTANT: Final = DateTime(timezone=True)

table: Final = Table(
    "presences",
    MetaData(),
    Column("member", ids.TypeId("mem"), primary_key=True),
    Column("presence", String, nullable=False),
    Column("until", _INSTANT),
    Column("delegate", ids.TypeId("mem")),
    Column("delegated_from", _INSTANT),
    Column("delegated_until", _INSTANT),
    Column("version", Integer, nullable=False),
)


async def find(tx: Tx, member: str) -> Presence:
    """Return what a member said last; lock the member first to change it."""
    return (await find_many(tx, [member]))[member]


async def find_many(tx: Tx, members: Collection[str]) -> dict[str, Presence]:
    """Return what each of these members said last."""
    found = await tx.execute(select(table).where(table.c.member.in_(members)))
    said = {row["member"]: _presence(row) for row in found.mappings()}
    return {member: said.get(member) or Presence(member=member) for member in members}


async def replace(tx: Tx, said: Presence) -> None:
    delegation = said.delegation
    row = {
        "presence": said.presence,
        "until": said.until,
        "delegate": delegation.to if delegation else None,
        "delegated_from": delegation.starts_at if delegation else None,
        "delegated_until": delegation.ends_at if delegation else None,
        "version": said.version,
    }
    new = insert(table).values(member=said.member, **row)
    await tx.execute(new.on_conflict_do_update(constraint=table.primary_key, set_=row))


async def find_over(tx: Tx, *, limit: int, without: Collection[str] = ()) -> list[str]:
    """Name members who were available until a moment that has come."""
    found = await tx.execute(
        select(table.c.member)
        .where(table.c.presence == AVAILABLE, table.c.until <= tx.now)
        .where(table.c.member.not_in(without))
        .order_by(table.c.until, table.c.member)
        .limit(limit)
    )
    return list(found.scalars())


def _presence(row: RowMapping) -> Presence:
    delegation = None
    if row["delegate"] is not None:
        delegation = Delegation(
            to=row["delegate"],
            starts_at=row["delegated_from"],
            ends_at=row["delegated_until"],
        )
    return Presence(
        member=row["member"],
        presence=row["presence"],
        until=row["until"],
        delegation=delegation,
        version=row["version"],
    )
