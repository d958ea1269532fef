"""Bodies whose time has come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from audit.domain.retention import MESSAGE, MESSAGES, Rule
from chassis import ids
from chassis.door import Tx
from contracts.catalogue import CASES

_EXPIRED: Final = """
from leaves l join bodies b using (idx)
where l.marketplace = $1 and l.topic = any($2) and l.occurred_at < $3
    and (l.topic <> $4 or (l.type = any($5)) = $6) and b.payload is not null
"""
_FREE: Final = f"""
select l.idx {_EXPIRED} and not is_held(l.marketplace, l.subject) order by l.idx limit $7
"""
_SOME_HELD: Final = f"""
select exists (select {_EXPIRED} and is_held(l.marketplace, l.subject))
"""
_STANDING: Final = """
select id from holds where released_at is null and marketplace = $1 order by placed_at, id
"""


async def clear(tx: Tx, rule: Rule, *, before: datetime, limit: int) -> Sequence[int]:
    """Clear bodies of a class that were said before, but none under a hold; return their idx."""
    connection = await tx.raw()
    wanted = [row["idx"] for row in await connection.fetch(_FREE, *_named(rule, before), limit)]
    if not wanted:
        return ()
    cleared = await connection.fetch("select clear_bodies($1) as idx", wanted)
    return sorted(row["idx"] for row in cleared)


async def is_any_held(tx: Tx, rule: Rule, *, before: datetime) -> bool:
    """Say whether a hold keeps a body of a class that was said before."""
    connection = await tx.raw()
    return bool(await connection.fetchval(_SOME_HELD, *_named(rule, before)))


async def list_standing(tx: Tx, marketplace: str) -> list[str]:
    """List the holds that stand in a marketplace, oldest first."""
    connection = await tx.raw()
    rows = await connection.fetch(_STANDING, marketplace)
    return [ids.from_uuid("hld", row["id"]) for row in rows]


def _named(rule: Rule, before: datetime) -> tuple[object, ...]:
    is_message = rule.what == MESSAGE
    return rule.marketplace, list(rule.topics), before, CASES, list(MESSAGES), is_message
