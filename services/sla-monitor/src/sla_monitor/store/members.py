"""Who works where: folded from `member.enrolled`, a row per person and marketplace."""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from sqlalchemy import ARRAY, Column, Integer, MetaData, String, Table
from sqlalchemy.dialects.postgresql import insert

from chassis.door import Tx
from chassis.ids import TypeId
from sla_monitor.domain.staffing import Member

_TABLE: Final = Table(
    "members",
    MetaData(),
    Column("marketplace", String, primary_key=True),
    Column("member_id", TypeId("mem"), primary_key=True),
    Column("teams", ARRAY(String), nullable=False),
    Column("roles", ARRAY(String), nullable=False),
    Column("authority", Integer, nullable=False),
)


async def replace(tx: Tx, member: Member, *, marketplaces: tuple[str, ...]) -> None:
    """Write the newest enrolment of a person: exactly these marketplaces."""
    await tx.execute(_TABLE.delete().where(_TABLE.c.member_id == member.member))
    rows = [
        {
            "marketplace": marketplace,
            "member_id": member.member,
            "teams": sorted(member.teams),
            "roles": sorted(member.roles),
            "authority": member.authority,
        }
        for marketplace in marketplaces
    ]
    if rows:
        await tx.execute(insert(_TABLE), rows)


async def list_by_marketplace(tx: Tx, marketplaces: Collection[str]) -> dict[str, list[Member]]:
    statement = _TABLE.select().where(_TABLE.c.marketplace.in_(sorted(marketplaces)))
    crews: dict[str, list[Member]] = defaultdict(list)
    for row in await tx.execute(statement):
        member = Member(
            member=row.member_id,
            teams=frozenset(row.teams),
            roles=frozenset(row.roles),
            authority=row.authority,
        )
        crews[row.marketplace].append(member)
    return crews
