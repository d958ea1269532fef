"""Grants: who may act for a seller."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import ids
from chassis.door import Tx
from chassis.single import fetch
from intake.domain.authority import Grant
from intake.domain.filing import Delegate

_SHOWN: Final = """
id, marketplace, seller, party, kind, issue_types, assurance, valid_from, valid_until, ended_at
"""
_OF_PARTY: Final = f"""
select {_SHOWN} from authority_grants
where marketplace = $1 and seller = $2 and party = $3 and kind = $4 and ended_at is null
order by valid_from desc, id
"""  # noqa: S608 - of constants
_OF_SELLER: Final = f"""
select {_SHOWN} from authority_grants where seller = $1 order by valid_from desc, id limit $2
"""  # noqa: S608 - of constants
_LOCKED: Final = f"""
select {_SHOWN} from authority_grants where seller = $1 and id = $2 for update
"""  # noqa: S608 - of constants
_ADD: Final = """
insert into authority_grants
    (id, marketplace, seller, party, kind, issue_types, assurance, valid_from, valid_until)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_HOLD: Final = "select true from authority_grants where id = $1 and ended_at is null for share"
_END: Final = "update authority_grants set ended_at = $2 where id = $1"
MOST: Final = 200


async def find_for(
    engine: AsyncEngine, marketplace: str, seller: str, *, party: str, kind: Delegate
) -> Sequence[Grant]:
    """Find what a delegate was granted by a seller and has not been taken back."""
    numbers = ids.to_uuid(seller), ids.to_uuid(party)
    return [_grant(row) for row in await fetch(engine, _OF_PARTY, marketplace, *numbers, kind)]


async def find_of(tx: Tx, seller: str) -> Sequence[Grant]:
    """List the grants of a seller, newest first, ended ones too; no more than 200."""
    connection = await tx.raw()
    rows = await connection.fetch(_OF_SELLER, ids.to_uuid(seller), MOST)
    return [_grant(row) for row in rows]


async def lock(tx: Tx, seller: str, grant: str) -> Grant | None:
    connection = await tx.raw()
    try:
        number = ids.to_uuid(grant, prefix="aut")
    except ids.NotAnId:
        return None
    row = await connection.fetchrow(_LOCKED, ids.to_uuid(seller), number)
    return None if row is None else _grant(row)


async def hold(tx: Tx, grant: str) -> bool:
    """Say whether a grant stands; if so, nobody takes it back before this transaction ends."""
    connection = await tx.raw()
    stands: bool | None = await connection.fetchval(_HOLD, ids.to_uuid(grant))
    return stands is not None


async def add(tx: Tx, grant: Grant) -> None:
    connection = await tx.raw()
    await connection.execute(
        _ADD,
        ids.to_uuid(grant.id),
        grant.marketplace,
        ids.to_uuid(grant.seller),
        ids.to_uuid(grant.party),
        grant.kind,
        list(grant.issue_types),
        grant.assurance,
        grant.valid_from,
        grant.valid_until,
    )


async def end(tx: Tx, grant: str, *, at: datetime) -> None:
    connection = await tx.raw()
    await connection.execute(_END, ids.to_uuid(grant), at)


def _grant(row: Any) -> Grant:  # noqa: ANN401 - a row of _SHOWN, by name
    return Grant(
        id=ids.from_uuid("aut", row["id"]),
        marketplace=row["marketplace"],
        seller=ids.from_uuid("sel", row["seller"]),
        party=ids.from_uuid("act", row["party"]),
        kind=row["kind"],
        issue_types=tuple(row["issue_types"]),
        assurance=row["assurance"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        ended_at=row["ended_at"],
    )
