"""Records that are no events: kept for a person to look at, while the partition moves on."""

from collections.abc import Iterable, Mapping

import orjson
import structlog

from chassis.cloudevents import RawRecord
from chassis.door import Tx

_QUARANTINE = """
insert into quarantine (src_topic, src_partition, src_offset, headers, raw, error, seen_at)
select * from unnest(
    $1::text[], $2::int[], $3::bigint[], $4::jsonb[], $5::bytea[], $6::text[], $7::timestamptz[]
)
on conflict do nothing
"""

_log = structlog.get_logger()


def storable(headers: Mapping[str, str]) -> str:
    """Write headers as JSON that PostgreSQL takes: no NUL, no half of a surrogate pair."""
    clean = {_clean(name): _clean(value) for name, value in headers.items()}
    return orjson.dumps(clean).decode()


def _clean(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


async def keep(tx: Tx, refused: Iterable[tuple[RawRecord, str]]) -> None:
    """Keep records that are no events; the partition moves on."""
    rows = [
        (r.topic, r.partition, r.offset, storable(r.headers), r.value, error, tx.now)
        for r, error in refused
    ]
    if rows:
        connection = await tx.raw()
        await connection.execute(_QUARANTINE, *map(list, zip(*rows, strict=True)))
        for row in rows:
            _log.error(
                "record_quarantined", topic=row[0], partition=row[1], offset=row[2], error=row[5]
            )
