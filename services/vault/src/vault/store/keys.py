"""Key pairs as rows."""

from collections.abc import Collection, Sequence

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
from vault.domain.keys import KeyPair, KeyState

metadata = MetaData()
_INSTANT = DateTime(timezone=True)

keys = Table(
    "keys",
    metadata,
    Column("key", ids.TypeId("key"), primary_key=True),
    Column("marketplace", String),
    Column("seller", ids.TypeId("sel")),
    Column("public_key", String, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("bound_at", _INSTANT),
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


def _to_pair(row: RowMapping) -> KeyPair:
    return KeyPair(
        key=row["key"],
        public_key=row["public_key"],
        wrapped=row["wrapped"],
        state=KeyState(row["state"]),
        marketplace=row["marketplace"],
        seller=row["seller"],
    )
