"""Is anything still on its way? Cheap to ask, so that it can be asked twice a second."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Final

import asyncpg

from harness.facts import Rest

HOLDS_FOR: Final = 10.0  # seconds of rest before it counts
_STIR: Final = 3.0  # a timer may fire meanwhile: what it says is on its way for a moment
_EVERY: Final = 0.5

_PENDING: Final = "select count(*) from outbox_pending"
# A cursor is never ahead of the head of its stream: if the sums are equal, all of them are.
_SAID: Final = """
select topic, sum(last_sequence)::bigint from stream_head
where topic in ('cases.v1', 'governance.v1') group by topic
"""
_HEARD: Final = """
select coalesce(sum(last_sequence), 0)::bigint from inbox_cursor where topic = 'cases.v1'
"""
_PARKED: Final = "select count(*) from parked_event where state in ('waiting', 'dead')"
# A duty removes them within seconds, not the transaction that hears of the erasure.
_FILES: Final = """
select count(*) from evidence where erased_at is not null and file_removed_at is null
"""
_LOGGED: Final = """
select coalesce(sum(last_sequence), 0)::bigint from streams
where topic in ('cases.v1', 'governance.v1')
"""
_STAGED: Final = "select count(*) from staged"
_SIGNED: Final = """
select coalesce((select max(size) from checkpoints), 0) >= (select size from log_heads)
"""

Unrest = Callable[[], Awaitable[str | None]]
_Ask = Callable[..., Awaitable[list[list[asyncpg.Record]]]]


@dataclass(slots=True)
class Lines:
    """Connections that stay open from one look to the next; what failed is made anew."""

    _open: dict[str, asyncpg.Connection] = field(default_factory=dict)

    async def ask(self, dsn: str, *queries: str) -> list[list[asyncpg.Record]]:
        connection = self._open.pop(dsn, None) or await asyncpg.connect(dsn, timeout=5)
        try:
            found = [await connection.fetch(query, timeout=10) for query in queries]
        except BaseException:
            connection.terminate()
            raise
        self._open[dsn] = connection
        return found

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].terminate()


@asynccontextmanager
async def lines() -> AsyncIterator[Lines]:
    """Keep lines as long as the block lasts."""
    kept = Lines()
    try:
        yield kept
    finally:
        kept.close()


async def unrest(
    databases: Mapping[str, str], kept: Lines, *, parked_may_stay: bool = False
) -> str | None:
    """Say what is still on its way; None when everything said has been heard everywhere."""
    said = {"cases.v1": 0, "governance.v1": 0}
    for service, dsn in databases.items():
        [waiting, *heads] = await kept.ask(dsn, _PENDING, _SAID)
        if waiting[0][0]:
            return f"{service} has {waiting[0][0]} events to publish"
        for topic, total in heads[0]:
            said[topic] += total
    for service, dsn in databases.items():
        ask = partial(kept.ask, dsn)
        if found := await _hearing(service, ask, said, parked_may_stay=parked_may_stay):
            return found
    return None


async def _hearing(
    service: str, ask: _Ask, said: Mapping[str, int], *, parked_may_stay: bool
) -> str | None:
    if service == "audit":
        logged, staged, signed = await ask(_LOGGED, _STAGED, _SIGNED)
        missing = sum(said.values()) - logged[0][0]
        if missing or staged[0][0]:
            return f"audit misses {missing} events and has {staged[0][0]} staged"
        return None if signed[0][0] else "audit has not signed its head"
    heard, parked = await ask(_HEARD, _PARKED)
    if parked[0][0]:
        return None if parked_may_stay else f"{service} has {parked[0][0]} records parked"
    if missing := said["cases.v1"] - heard[0][0]:
        return f"{service} has not heard {missing} events"
    [files] = await ask(_FILES) if service == "intake" else [[(0,)]]
    return f"{service} has {files[0][0]} files to remove" if files[0][0] else None


async def come_to_rest(look: Unrest, *, within: float, holds_for: float = HOLDS_FOR) -> Rest:
    """
    Look until all is at rest for a while; say when that began, or what never rested.

    What stirs for a moment during the rest, because a timer fired, does not end it.
    """
    began = monotonic()
    rested_since: float | None = None
    stirred_since: float | None = None
    found: str | None = "nobody has looked yet"
    while monotonic() - began < within:
        found, now = await _looked(look), monotonic()
        if found is None:
            rested_since, stirred_since = rested_since or now, None
            if now - rested_since >= holds_for:
                return Rest(seconds=rested_since - began)
        else:
            stirred_since = stirred_since or now
            if now - stirred_since > _STIR:
                rested_since = None
        await asyncio.sleep(_EVERY)
    return Rest(seconds=within, unrest=found or "it never rested for long enough")


async def _looked(look: Unrest) -> str | None:
    try:
        return await look()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return f"a database does not answer: {type(error).__name__}"
