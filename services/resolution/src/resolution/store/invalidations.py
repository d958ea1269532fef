"""Letters that were withdrawn, and the lock that puts each sending before or after that."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    DateTime,
    Row,
    String,
    Table,
    Text,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.door import Tx
from chassis.ids import TypeId
from resolution.domain.invalidation import Invalidation
from resolution.store.tables import metadata

_INSTANT = DateTime(timezone=True)

invalidations = Table(
    "invalidations",
    metadata,
    Column("id", TypeId("inv"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("asset", String, nullable=False),
    Column("playbook", String),
    Column("regions", ARRAY(Text), nullable=False),
    Column("reason", String, nullable=False),
    Column("instead", String),
    Column("effective_at", _INSTANT, nullable=False),
    Column("invalidated_at", _INSTANT, nullable=False),
    Column("actor", String, nullable=False),
    Column("listed_at", _INSTANT),
    Column("council_case", TypeId("case")),
)

# Two numbers: another space than the one-number locks of idempotency keys.
_SHARE: Final = text(
    "select pg_advisory_xact_lock_shared(hashtext(:marketplace), hashtext(:asset))"
)
_STOP: Final = text("select pg_advisory_xact_lock(hashtext(:marketplace), hashtext(:asset))")
_NOW: Final = select(func.clock_timestamp())


class InvalidationNotFound(Exception):
    """No letter was withdrawn under this id."""


async def wait_for_sendings(tx: Tx, *, marketplace: str, asset: str) -> datetime:
    """
    Wait until nobody is sending this letter, keep everybody from it, and return the moment.

    Whoever had it in hand has committed then, with an earlier time; whoever comes later waits for
    this transaction, and sees what it has written.
    """
    await tx.execute(_STOP, {"marketplace": marketplace, "asset": asset})
    moment: datetime = (await tx.execute(_NOW)).scalar_one()
    return moment


async def in_force(tx: Tx, *, marketplace: str, asset: str) -> tuple[Invalidation, ...]:
    """
    Return what was withdrawn of a letter until this moment, and hold off further withdrawals.

    They wait until this transaction ends: what it sends is sent before them. By the database's
    clock as it is now, not by the door's: the lock may have been waited for.
    """
    await tx.execute(_SHARE, {"marketplace": marketplace, "asset": asset})
    wanted = (
        select(invalidations)
        .where(invalidations.c.marketplace == marketplace)
        .where(invalidations.c.asset == asset)
        .where(invalidations.c.effective_at <= func.clock_timestamp())
        .order_by(invalidations.c.effective_at, invalidations.c.id)
    )
    return tuple(_read(row) for row in await tx.execute(wanted))


async def add(tx: Tx, invalidation: Invalidation) -> None:
    """Keep a withdrawal."""
    values = {name: getattr(invalidation, name) for name in Invalidation.__slots__}
    await tx.execute(
        insert(invalidations).values(**values | {"regions": list(invalidation.regions)})
    )


async def get(tx: Tx, invalidation_id: str) -> Invalidation:
    """
    Read a withdrawal.

    Raises:
        InvalidationNotFound: There is none with this id.
    """
    found = await find(tx, invalidation_id)
    if found is None:
        raise InvalidationNotFound(invalidation_id)
    return found


async def find(tx: Tx, invalidation_id: str) -> Invalidation | None:
    """Find a withdrawal by its id."""
    wanted = select(invalidations).where(invalidations.c.id == invalidation_id)
    row = (await tx.execute(wanted)).one_or_none()
    return _read(row) if row else None


async def find_same(tx: Tx, like: Invalidation) -> Invalidation | None:
    """Find a withdrawal of the same letter for the same place, from no later on. Under its lock."""
    wanted = (
        select(invalidations)
        .where(invalidations.c.marketplace == like.marketplace)
        .where(invalidations.c.asset == like.asset)
        .where(invalidations.c.playbook.is_not_distinct_from(like.playbook))
        .where(invalidations.c.regions == list(like.regions))
        .where(invalidations.c.effective_at <= like.effective_at)
        .order_by(invalidations.c.effective_at, invalidations.c.id)
        .limit(1)
    )
    row = (await tx.execute(wanted)).one_or_none()
    return _read(row) if row else None


async def find_page(
    tx: Tx,
    *,
    marketplaces: Collection[str],
    asset: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Invalidation]:
    """List withdrawals of marketplaces, the oldest first."""
    key = tuple_(invalidations.c.invalidated_at, invalidations.c.id)
    wanted = (
        select(invalidations)
        .where(invalidations.c.marketplace.in_(marketplaces))
        .order_by(invalidations.c.invalidated_at, invalidations.c.id)
        .limit(limit)
    )
    if asset is not None:
        wanted = wanted.where(invalidations.c.asset == asset)
    if after is not None:
        at, id_ = after
        bound = tuple_(literal(at, _INSTANT), literal(id_, TypeId("inv")))
        wanted = wanted.where(key > bound)
    return [_read(row) for row in await tx.execute(wanted)]


async def find_unlisted(tx: Tx) -> Invalidation | None:
    """Find a withdrawal that has come into force and whose cases were not looked for."""
    wanted = (
        select(invalidations)
        .where(invalidations.c.listed_at.is_(None))
        .where(invalidations.c.effective_at <= tx.now)
        .order_by(invalidations.c.effective_at, invalidations.c.id)
        .limit(1)
    )
    row = (await tx.execute(wanted)).one_or_none()
    return _read(row) if row else None


async def note_listed(tx: Tx, invalidation_id: str, *, at: datetime) -> None:
    """Write that all cases that had used it are known."""
    await tx.execute(
        update(invalidations).where(invalidations.c.id == invalidation_id).values(listed_at=at)
    )


async def take_council(tx: Tx, invalidation_id: str, case_id: str) -> bool:
    """Say whether this case is the one of the withdrawal in which the council is told."""
    taken = await tx.execute(
        update(invalidations)
        .where(invalidations.c.id == invalidation_id)
        .where(invalidations.c.council_case.is_(None))
        .values(council_case=case_id)
        .returning(invalidations.c.id)
    )
    return taken.first() is not None


def _read(row: Row[Any]) -> Invalidation:
    values = {name: getattr(row, name) for name in Invalidation.__slots__}
    return Invalidation(**values | {"regions": tuple(row.regions)})
