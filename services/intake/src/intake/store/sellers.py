"""Sellers by pseudonym, and the spare keys that wait for new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import ids
from chassis.door import Tx
from chassis.single import fetch, fetch_value
from intake.domain.filing import SellerOnFile, Standing
from intake.domain.incidents import Marked

# One statement, because each filing begins with it: who the seller is, which case is open on
# the same subject, which ended on it lately, and what time it is for the names of new things.
# A case that was merged was no trouble of its own. The incidents of a type that are open are few.
_LOOK: Final = """
select clock_timestamp() as now, seller.seller, seller.key, seller.public_key,
    seller.tier, seller.region,
    taken.id as open_case, array(
        select ended.id from cases as ended
        where ended.marketplace = $1 and ended.seller = seller.seller and ended.subject_tag = $3
            and not ended.open and ended.status <> 'merged'
            and ended.opened_at > clock_timestamp() - $4::interval
        order by ended.opened_at desc limit 20
    ) as repeats, array(
        select alike.id from cases as alike
        where alike.marketplace = $1 and alike.seller = seller.seller and alike.likeness = $7
            and alike.subject_tag is distinct from $3 and alike.status <> 'merged'
            and alike.opened_at > clock_timestamp() - $8::interval
        order by alike.opened_at desc, alike.id desc limit 20
    ) as alike, (
        select json_agg(json_build_array(id, marks) order by opened_at, id)::text from (
            select id, marks, opened_at from cases
            where marketplace = $1 and issue_type = $5 and incident is not null and open
                and parent is null and opened_at > clock_timestamp() - $6::interval
            order by opened_at, id limit 200
        ) as known
    ) as incidents
from (select 1) as once
left join sellers as seller on seller.marketplace = $1 and seller.ref_tag = $2
left join cases as taken
    on taken.marketplace = $1 and taken.seller = seller.seller
    and taken.subject_tag = $3 and taken.open
"""
MOST_ALIKE: Final = 20
"""Of the same trouble on other subjects, as `_LOOK` has it."""
# Whoever loses the race for a seller's row gives the key back by rolling back.
_BIND: Final = """
with spare as (
    delete from spare_keys
    where key = (select key from spare_keys limit 1 for update skip locked)
    returning key, public_key
)
insert into sellers (marketplace, seller, ref_tag, key, public_key, created_at, tier, region)
select $1, $2, $3, key, public_key, $4, $5, $6 from spare
on conflict (marketplace, ref_tag) do nothing
returning seller
"""
_NOTE_STANDING: Final = "update sellers set tier = $2, region = $3 where seller = $1"
_FIND_ALL: Final = """
select seller from sellers
where (marketplace, ref_tag) in (select * from unnest($1::text[], $2::bytea[]))
"""
_MARKETPLACE: Final = """
select marketplace from sellers where seller = $1 and ref_tag is not null
"""
_ADD_SPARE: Final = """
insert into spare_keys (key, public_key, received_at)
select key, public_key, $3 from unnest($1::uuid[], $2::text[]) as fresh (key, public_key)
where not exists (select from sellers where sellers.key = fresh.key)
on conflict (key) do nothing
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """
    What a filing finds: `seller` is None for a new one, `open_case` the same subject's.

    `repeats` are those that ended, newest first, within the window of the type; `alike` those of
    the seller on other subjects with the same marks, open or ended, newest first; `incidents`
    those that are open, of whatever seller, oldest first, within theirs.
    """

    now: datetime
    seller: SellerOnFile | None
    open_case: str | None
    repeats: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    incidents: tuple[Marked, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How long after its filing a case is a repeat, or an incident."""

    repeats: timedelta = timedelta()
    alike: timedelta = timedelta()
    incidents: timedelta = timedelta()
    issue_type: str | None = None
    """Whose incidents; None: of no type."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a filing tells of its subject, and of its trouble whatever the subject."""

    subject: bytes | None = None
    likeness: bytes | None = None


async def look(
    engine: AsyncEngine,
    marketplace: str,
    ref_tag: bytes,
    told: Told,
    *,
    windows: Windows = Windows(),
) -> Sight:
    """
    Look for a seller, its cases on a subject and incidents, in one round trip, no transaction.

    Without windows no ended case is the same trouble, and no open one an incident.
    """
    incidents = (windows.issue_type, windows.incidents)
    alike = (told.likeness, windows.alike)
    asked = (told.subject, windows.repeats, *incidents, *alike)
    [row] = await fetch(engine, _LOOK, marketplace, ref_tag, *asked)
    if row["seller"] is None:
        return Sight(now=row["now"], seller=None, open_case=None)
    seller = SellerOnFile(
        seller=ids.from_uuid("sel", row["seller"]),
        key=ids.from_uuid("key", row["key"]),
        public_key=row["public_key"],
        standing=_standing(row),
    )
    taken = row["open_case"]
    open_case = None if taken is None else ids.from_uuid("case", taken)
    return Sight(
        now=row["now"],
        seller=seller,
        open_case=open_case,
        repeats=_cases(row["repeats"]),
        alike=_cases(row["alike"]),
        incidents=tuple(_incident(*known) for known in orjson.loads(row["incidents"] or "[]")),
    )


def _cases(numbers: Sequence[UUID]) -> tuple[str, ...]:
    return tuple(ids.from_uuid("case", number) for number in numbers)


def _incident(number: str, marks: Mapping[str, str] | None) -> Marked:
    """Read one; a case that was filed before its type had marks has none."""
    return Marked(case=ids.from_uuid("case", UUID(number)), marks=marks or {})


def _standing(row: Any) -> Standing | None:  # noqa: ANN401 - a row of the driver
    if row["tier"] is None:
        return None
    return Standing(tier=row["tier"], region=row["region"])


async def note_standing(engine: AsyncEngine, seller: str, said: Standing) -> None:
    """Keep what the marketplace says of a seller now: the last word counts."""
    await fetch(engine, _NOTE_STANDING, ids.to_uuid(seller), said.tier, said.region)


async def bind_new(
    engine: AsyncEngine,
    marketplace: str,
    ref_tag: bytes,
    *,
    standing: Standing | None = None,
    now: datetime,
) -> bool:
    """
    Give a new seller a pseudonym and a key of its own, in a short transaction.

    Returns False when someone else was faster, or when there is no spare key: look again.
    """
    # SQLAlchemy's transaction, not the driver's: cut off, that one stayed open on the pooled
    # connection, and the next to get it committed into a transaction that nobody ended.
    async with engine.connect() as connection:
        tier, region = (standing.tier, standing.region) if standing else (None, None)
        wanted = (marketplace, ids.uuid7(now), ref_tag, now, tier, region)
        bound = (await connection.exec_driver_sql(_BIND, wanted)).scalar_one_or_none()
        if bound is not None:
            await connection.commit()
    return bound is not None


async def find_all(engine: AsyncEngine, tags: Mapping[str, bytes]) -> frozenset[str]:
    """Find the pseudonyms of a seller by its tag in each marketplace."""
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        rows = await _rows(driver, tags)
    return frozenset(ids.from_uuid("sel", row["seller"]) for row in rows)


async def marketplace_of(engine: AsyncEngine, seller: str) -> str | None:
    """Find where a seller sells; None for one that is unknown or was erased."""
    try:
        number = ids.to_uuid(seller, prefix="sel")
    except ids.NotAnId:
        return None
    found: str | None = await fetch_value(engine, _MARKETPLACE, number)
    return found


async def find(tx: Tx, marketplace: str, ref_tag: bytes) -> str | None:
    rows = await _rows(await tx.raw(), {marketplace: ref_tag})
    return ids.from_uuid("sel", rows[0]["seller"]) if rows else None


async def _rows(
    connection: asyncpg.Connection, tags: Mapping[str, bytes]
) -> Sequence[asyncpg.Record]:
    found: Sequence[asyncpg.Record] = await connection.fetch(
        _FIND_ALL, list(tags), list(tags.values())
    )
    return found


async def count_spare_keys(tx: Tx, *, up_to: int) -> int:
    """Count the spare keys, but no further than `up_to`."""
    connection = await tx.raw()
    counted: int = await connection.fetchval(
        "select count(*) from (select from spare_keys limit $1) as spare", up_to
    )
    return counted


async def add_spare_keys(tx: Tx, keys: Mapping[str, str]) -> None:
    """Keep public keys (id → key) that no seller has. Those we know already change nothing."""
    connection = await tx.raw()
    numbers = [ids.to_uuid(key, prefix="key") for key in keys]
    await connection.execute(_ADD_SPARE, numbers, list(keys.values()), tx.now)


async def any_bound(tx: Tx) -> bool:
    """Tell whether any seller has a key."""
    connection = await tx.raw()
    bound: bool = await connection.fetchval("select exists (select from sellers)")
    return bound
