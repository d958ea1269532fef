"""One of several replicas does a thing at a time; the database's clock says how long."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.door import Tx
from chassis.single import fetch_value

LASTS: Final = timedelta(seconds=10)
_RENEW_AFTER: Final = LASTS.total_seconds() / 3
_TAKE = """
insert into lease as held (name, owner, fence, expires_at)
values ($1, $2, 1, clock_timestamp() + $3)
on conflict (name) do update
    set fence = held.fence + (held.owner <> excluded.owner)::int,
        owner = excluded.owner, expires_at = excluded.expires_at
    where held.owner = excluded.owner or held.expires_at < clock_timestamp()
returning fence
"""
_CHECK = """
select true from lease
where name = $1 and owner = $2 and fence = $3 and expires_at > clock_timestamp() for share
"""
_LEAVE = """
update lease set expires_at = '-infinity' where name = $1 and owner = $2 returning fence
"""


class LeaseLost(Exception):
    """Another replica holds the lease by now. Whatever was begun must not be committed."""


@dataclass(slots=True, kw_only=True)
class Lease:
    """The right to do one thing, for ten seconds at a time; each new holder has a higher fence."""

    engine: AsyncEngine
    name: str
    owner: UUID = field(default_factory=uuid4)
    fence: int | None = None
    _renew_at: float = 0.0

    async def hold(self) -> bool:
        """Take or renew the lease; say whether it is ours. Asks the database when it must."""
        now = asyncio.get_running_loop().time()
        if self.fence is None or now >= self._renew_at:
            self.fence = await fetch_value(self.engine, _TAKE, self.name, self.owner, LASTS)
            self._renew_at = now + _RENEW_AFTER
        return self.fence is not None

    async def check(self, tx: Tx) -> None:
        """
        Make sure, in a transaction, that the lease stays ours until its end.

        Raises:
            LeaseLost: It is not ours any more.
        """
        connection = await tx.raw()
        if not await connection.fetchval(_CHECK, self.name, self.owner, self.fence):
            self.fence = None
            raise LeaseLost(self.name)

    async def leave(self) -> None:
        """Let somebody else have it at once."""
        if self.fence is not None:
            self.fence = None
            await fetch_value(self.engine, _LEAVE, self.name, self.owner)
