"""Holds as rows."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import asyncpg
import orjson

from audit.domain.hold import Hold, Scope
from chassis import ids
from chassis.door import Tx

PREFIX: Final = "hld"
# Any number of our own: whoever places a hold or clears bodies waits for the other.
_PLACING: Final = 4_210_772
_COLUMNS: Final = """id, marketplace, scope, reason, placed_by, placed_at, approved_by, approved_at,
    release_requested_by, release_requested_at, released_by, released_at"""
_ADD: Final = """
insert into holds (id, marketplace, scope, reason, placed_by, placed_at)
values ($1, $2, $3::jsonb, $4, $5, $6)
"""
_ONE: Final = f"select {_COLUMNS} from holds where id = $1 for update"  # noqa: S608 - a constant list of columns
_SAME: Final = f"""
select {_COLUMNS} from holds
where released_at is null and marketplace = $1 and scope = $2::jsonb and reason = $3 for update
"""  # noqa: S608 - a constant list of columns
# Of a case whose seller is unknown, any seller's may be meant.
_STANDING: Final = f"""
select {_COLUMNS} from holds
where marketplace = any($1) and ($3 or released_at is null)
    and ($2::text is null or not scope ? 'seller' or scope ->> 'seller' = $2)
order by placed_at, id limit 1000
"""  # noqa: S608 - a constant list of columns
_SELLER: Final = "select seller_of($1, $2)"


async def wait_for_turn(tx: Tx) -> None:
    """Let one transaction at a time place a hold or clear bodies, until its end."""
    connection = await tx.raw()
    await connection.execute("select pg_advisory_xact_lock($1)", _PLACING)


async def find_seller(tx: Tx, marketplace: str, case: str) -> str | None:
    """Find whose case it is, by its opening; None when nobody can tell any more."""
    connection = await tx.raw()
    found: str | None = await connection.fetchval(_SELLER, marketplace, case)
    return found


async def add(tx: Tx, hold: Hold) -> None:
    connection = await tx.raw()
    await connection.execute(
        _ADD,
        ids.to_uuid(hold.id, prefix=PREFIX),
        hold.scope.marketplace,
        _written(hold.scope),
        hold.reason,
        hold.placed_by,
        hold.placed_at,
    )


async def find_same(tx: Tx, scope: Scope, reason: str) -> Hold | None:
    """Find a standing hold on the same scope for the same reason."""
    connection = await tx.raw()
    row = await connection.fetchrow(_SAME, scope.marketplace, _written(scope), reason)
    return row and _hold(row)


async def find(tx: Tx, hold_id: str) -> Hold | None:
    """Find a hold, and keep it from changing until the transaction ends."""
    try:
        number = ids.to_uuid(hold_id, prefix=PREFIX)
    except ids.NotAnId:
        return None
    connection = await tx.raw()
    row = await connection.fetchrow(_ONE, number)
    return row and _hold(row)


async def find_all(
    tx: Tx, marketplaces: Collection[str], *, seller: str | None = None, released: bool = False
) -> list[Hold]:
    """List holds that may be about a seller, or all; those released only if asked for."""
    connection = await tx.raw()
    rows = await connection.fetch(_STANDING, sorted(marketplaces), seller, released)
    return [_hold(row) for row in rows]


async def approve(tx: Tx, hold: Hold, *, by: str) -> Hold:
    await _set(tx, hold, "approved_by = $2, approved_at = $3", by, tx.now)
    return replace(hold, approved_by=by, approved_at=tx.now)


async def request_release(tx: Tx, hold: Hold, *, by: str) -> Hold:
    await _set(tx, hold, "release_requested_by = $2, release_requested_at = $3", by, tx.now)
    return replace(hold, release_requested_by=by, release_requested_at=tx.now)


async def release(tx: Tx, hold: Hold, *, by: str) -> Hold:
    await _set(tx, hold, "released_by = $2, released_at = $3", by, tx.now)
    return replace(hold, released_by=by, released_at=tx.now)


async def _set(tx: Tx, hold: Hold, columns: str, by: str, at: datetime) -> None:
    connection = await tx.raw()
    statement = f"update holds set {columns} where id = $1"  # noqa: S608 - constants of this module
    await connection.execute(statement, ids.to_uuid(hold.id, prefix=PREFIX), by, at)


def _written(scope: Scope) -> str:
    named = {"seller": scope.seller, "case": scope.case}
    present = {name: value for name, value in named.items() if value is not None}
    return orjson.dumps(present).decode()


def _hold(row: asyncpg.Record) -> Hold:
    columns: dict[str, Any] = dict(row)
    scope = columns.pop("scope")
    held = Scope(
        marketplace=columns.pop("marketplace"), seller=scope.get("seller"), case=scope.get("case")
    )
    return Hold(**columns | {"id": ids.from_uuid(PREFIX, columns["id"])}, scope=held)
