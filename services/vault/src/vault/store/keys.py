"""Key pairs as rows."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import (
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    insert,
    select,
    update,
)

from chassis import ids
from chassis.door import Tx
from vault.domain.keys import KeyPair, KeyState, Owner

# Kept with those who were erased: a backup may know the key as spare, or as somebody's.
_DESTROY = """
update keys set state = 'destroyed', wrapped = null, destroyed_at = $4,
    marketplace = gone.marketplace, seller = gone.seller
from unnest($1::uuid[], $2::text[], $3::uuid[]) as gone (key, marketplace, seller)
where keys.key = gone.key and keys.state <> 'destroyed'
returning keys.key
"""

metadata = MetaData()
_INSTANT = DateTime(timezone=True)

keys = Table(
    "keys",
    metadata,
    Column("key", ids.TypeId("key"), primary_key=True),
    Column("marketplace", String),
    Column("seller", ids.TypeId("sel")),
    Column("public_key", String, nullable=False),
    Column("wrapped", LargeBinary),
    Column("state", String, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("bound_at", _INSTANT),
    Column("destroyed_at", _INSTANT),
)


async def add(tx: Tx, pairs: Sequence[KeyPair]) -> None:
    rows = [
        {
            "key": pair.key,
            "public_key": pair.public_key,
            "wrapped": pair.wrapped,
            "state": pair.state.value,
            "created_at": tx.now,
        }
        for pair in pairs
    ]
    await tx.execute(insert(keys), rows)


async def find(tx: Tx, key_ids: Collection[str]) -> dict[str, KeyPair]:
    found = await tx.execute(select(keys).where(keys.c.key.in_(sorted(key_ids))))
    return {row["key"]: _to_pair(row) for row in found.mappings()}


async def bind(tx: Tx, key: str, *, marketplace: str, seller: str) -> None:
    """Give a spare key to its seller. One that is bound already is left alone."""
    await tx.execute(
        update(keys)
        .where(keys.c.key == key, keys.c.state == KeyState.SPARE.value)
        .values(
            marketplace=marketplace,
            seller=seller,
            state=KeyState.BOUND.value,
            bound_at=tx.now,
        )
    )


async def find_of_seller(tx: Tx, seller: str, *, lock: bool = False) -> KeyPair | None:
    """Find a seller's key pair; `lock` holds it until the transaction ends."""
    wanted = select(keys).where(keys.c.seller == seller)
    found = await tx.execute(wanted.with_for_update() if lock else wanted)
    row = found.mappings().one_or_none()
    return None if row is None else _to_pair(row)


async def destroy(tx: Tx, owners: Mapping[str, Owner]) -> list[str]:
    """
    Destroy key pairs, by id, whether spare or bound; return those that were still there.

    The private half is gone with the row's last version: nothing else holds it. Of whom it was
    stays, so that the case of an erased seller is answered as such.
    """
    connection = await tx.raw()
    numbers = ids.to_uuids(list(owners))
    sellers = ids.to_uuids([owner.seller for owner in owners.values()])
    marketplaces = [owner.marketplace for owner in owners.values()]
    gone = await connection.fetch(_DESTROY, numbers, marketplaces, sellers, tx.now)
    return [ids.from_uuid("key", row["key"]) for row in gone]


def _to_pair(row: RowMapping) -> KeyPair:
    return KeyPair(
        key=row["key"],
        public_key=row["public_key"],
        wrapped=row["wrapped"],
        state=KeyState(row["state"]),
        marketplace=row["marketplace"],
        seller=row["seller"],
    )
