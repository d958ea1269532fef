"""The same request twice has one effect and one answer (security.md §3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import asyncpg
import orjson

from chassis.door import Tx
from chassis.problems import (
    IdempotencyInFlight,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
)
from chassis.vault import tag

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_VISIBLE: Final = re.compile(r"[\x21-\x7e]{1,255}")

# The lock's patience is set in the same statement: a first request that still runs holds the row,
# and whoever waits for it must hear within 2 s.
_QUEUE = """
with patience as (select set_config('lock_timeout', '2s', true))
select pg_advisory_xact_lock($1) from patience
"""
_CLAIM = """
with patience as (select set_config('lock_timeout', '2s', true))
insert into idempotency_key (marketplace, principal, route, key, fingerprint, created_at)
select $1, $2, $3, $4, $5, $6 from patience
on conflict do nothing
returning 1
"""
_FIND = """
select fingerprint, status, body, headers::text as headers from idempotency_key
where marketplace = $1 and principal = $2 and route = $3 and key = $4
"""
_STORE = """
update idempotency_key set status = $5, body = $6, headers = $7
where marketplace = $1 and principal = $2 and route = $3 and key = $4
"""
_GIVE_BACK = """
delete from idempotency_key
where marketplace = $1 and principal = $2 and route = $3 and key = $4 and status is null
"""
_FORGET = """
delete from idempotency_key where ctid in (
    select ctid from idempotency_key where created_at < $1 order by created_at limit $2
)
"""
KEPT_FOR: Final = timedelta(days=7)
_FORGOTTEN_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whose key it is, for what, and how to know the same body again without keeping it."""

    marketplace: str
    principal: str
    route: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An answer as it was given."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def read_key(header: str | None, *, required: bool) -> str | None:
    """
    Read the header.

    Raises:
        IdempotencyKeyMissing: Not there though required, or not 1 to 255 visible ASCII signs.
    """
    if header is None and not required:
        return None
    if header is None or not _VISIBLE.fullmatch(header):
        raise IdempotencyKeyMissing
    return header


def fingerprint(tag_key: bytes, route: str, body: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """HMAC over JCS [route, body]: it tells bodies apart, and nothing about them."""
    return tag(tag_key, route, body)


async def queue(tx: Tx, number: int) -> None:
    """
    Wait for a request with the same number, before anything else is waited for.

    Whoever locks a case first waits for the case: as long as that takes, and for a reason that
    nobody could tell.

    Raises:
        IdempotencyInFlight: Such a request has been running for 2 s and still is.
    """
    connection = await tx.raw()
    try:
        await connection.execute(_QUEUE, number)
    except asyncpg.LockNotAvailableError as error:
        raise IdempotencyInFlight from error


async def claim(tx: Tx, wanted: Claim) -> Stored | None:
    """
    Take the key for this transaction, or return the answer that it already led to.

    Raises:
        IdempotencyKeyReused: It came with another body before.
        IdempotencyInFlight: A request with it has been running for 2 s and still is.
    """
    connection = await tx.raw()
    try:
        taken = await connection.fetchval(_CLAIM, *_name(wanted), wanted.fingerprint, tx.now)
    except asyncpg.LockNotAvailableError as error:
        raise IdempotencyInFlight from error
    if taken:
        return None
    found = await connection.fetchrow(_FIND, *_name(wanted))
    if found is None or found["status"] is None:
        raise IdempotencyInFlight
    if found["fingerprint"] != wanted.fingerprint:
        raise IdempotencyKeyReused
    return Stored(
        status=found["status"], body=found["body"], headers=orjson.loads(found["headers"])
    )


async def give_back(tx: Tx, claimed: Claim) -> None:
    """Leave a key as it was before this transaction took it: the request is to come again."""
    connection = await tx.raw()
    await connection.execute(_GIVE_BACK, *_name(claimed))


async def store(tx: Tx, claimed: Claim, answer: Stored) -> None:
    """Keep the answer beside the change that it reports."""
    connection = await tx.raw()
    await connection.execute(
        _STORE,
        *_name(claimed),
        answer.status,
        answer.body,
        orjson.dumps(dict(answer.headers)).decode(),
    )


async def forget(tx: Tx) -> bool:
    """Delete answers older than 7 days, 1,000 at a time; say whether there may be more."""
    connection = await tx.raw()
    status = await connection.execute(_FORGET, tx.now - KEPT_FOR, _FORGOTTEN_AT_ONCE)
    return str(status) == f"DELETE {_FORGOTTEN_AT_ONCE}"


def _name(wanted: Claim) -> tuple[str, str, str, str]:
    return wanted.marketplace, wanted.principal, wanted.route, wanted.key
