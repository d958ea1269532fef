"""`members`: who may work here. Logins and names stand nowhere else."""

from typing import Final

from sqlalchemy import Column, Integer, MetaData, RowMapping, String, Table, Text, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis import ids
from chassis.door import Tx
from router.domain.work import Member, MemberNotFound

_WORDS: Final = ARRAY(Text)

table: Final = Table(
    "members",
    MetaData(),
    Column("member", ids.TypeId("mem"), primary_key=True),
    Column("login", String, nullable=False),
    Column("name", String, nullable=False),
    Column("marketplaces", _WORDS, nullable=False),
    Column("teams", _WORDS, nullable=False),
    Column("roles", _WORDS, nullable=False),
    Column("authority", Integer, nullable=False),
    Column("clearances", _WORDS, nullable=False),
    Column("skills", _WORDS, nullable=False),
    Column("capacity", Integer, nullable=False),
)


async def save(tx: Tx, member: Member) -> bool:
    """Insert or update a member; return whether anything is new."""
    row = {
        "member": member.member,
        "login": member.login,
        "name": member.name,
        "marketplaces": list(member.marketplaces),
        "teams": list(member.teams),
        "roles": list(member.roles),
        "authority": member.authority,
        "clearances": list(member.clearances),
        "skills": list(member.skills),
        "capacity": member.capacity,
    }
    new = insert(table).values(**row)
    differs = or_(*(table.c[name].is_distinct_from(new.excluded[name]) for name in row))
    saved = await tx.execute(
        new.on_conflict_do_update(constraint=table.primary_key, set_=row, where=differs).returning(
            table.c.member
        )
    )
    return saved.first() is not None


async def get(tx: Tx, id_or_login: str, *, for_update: bool = False) -> Member:
    """
    Find a member by `mem_…` or login; `for_update` serialises who counts their load.

    Raises:
        MemberNotFound: There is none.
    """
    by_id = _is_id(id_or_login)
    wanted = select(table).where((table.c.member if by_id else table.c.login) == id_or_login)
    found = await tx.execute(wanted.with_for_update() if for_update else wanted)
    row = found.mappings().one_or_none()
    if row is None:
        raise MemberNotFound
    return _member(row)


def _is_id(text: str) -> bool:
    try:
        ids.to_uuid(text, prefix="mem")
    except ids.NotAnId:
        return False
    return True


async def list_page(
    tx: Tx, *, marketplaces: frozenset[str], after: str | None, limit: int
) -> list[Member]:
    """Return members of these marketplaces by login."""
    wanted = (
        select(table)
        .where(table.c.marketplaces.overlap(sorted(marketplaces)))
        .order_by(table.c.login)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(table.c.login > after)
    return [_member(row) for row in (await tx.execute(wanted)).mappings()]


async def list_of_marketplace(tx: Tx, marketplace: str) -> list[Member]:
    """Return who works in the marketplace."""
    wanted = select(table).where(table.c.marketplaces.contains([marketplace]))
    return [_member(row) for row in (await tx.execute(wanted)).mappings()]


async def list_of_role(tx: Tx, role: str, *, marketplace: str) -> list[Member]:
    """Return who has this role in the marketplace."""
    wanted = select(table).where(
        table.c.roles.contains([role]), table.c.marketplaces.contains([marketplace])
    )
    return [_member(row) for row in (await tx.execute(wanted)).mappings()]


def _member(row: RowMapping) -> Member:
    lists = ("marketplaces", "teams", "roles", "clearances", "skills")
    return Member(**{**row, **{name: tuple(row[name]) for name in lists}})
