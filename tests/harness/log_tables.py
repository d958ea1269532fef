"""Reads audit's log, and the timers that are armed."""

import json
from base64 import b64encode
from typing import Any, Final

import asyncpg

from chassis.ids import from_uuid
from harness.facts import Checkpoint, Gap, Leaf, Place, Step

_LEAVES: Final = (
    "select idx, event_id::text as event_id, topic, subject, producer, sequence, type, leaf"
    " from leaves order by idx"
)
_GAPS: Final = "select producer, topic, subject, sequence from gaps"
_CHECKPOINTS: Final = "select epoch, size, root, note from checkpoints"
_HEAD: Final = "select epoch, size, root from log_heads"
_CONFLICTS: Final = """
select b.payload from leaves join bodies b using (idx)
where type = 'audit.conflict_detected.v1' and b.payload is not null
"""
_STEPS: Final = """
select s.clock_id, c.case_id, c.kind, s.percent, extract(epoch from s.due_at)::float8 as due_at,
       extract(epoch from p.caught_up_at)::float8 as caught_up_at
from clock_steps s join clocks c using (marketplace, clock_id)
join sla_cases k using (marketplace, case_id) join partitions p using (partition)
where s.fired_at is null and s.due_at is not null and c.state = 'running'
    and not exists (select from firing_holds where released_at is null)
"""


async def log(connection: asyncpg.Connection) -> dict[str, list[Any]]:
    """Read leaves, named gaps, checkpoints, and where records stand that audit refused."""
    refused = [json.loads(payload) for (payload,) in await connection.fetch(_CONFLICTS)]
    return {
        "leaves": [_leaf(row) async for row in connection.cursor(_LEAVES)],
        "gaps": [Gap(**row) for row in await connection.fetch(_GAPS)],
        "checkpoints": [
            *[_checkpoint("table", row) for row in await connection.fetch(_CHECKPOINTS)],
            *[_checkpoint("head", row) for row in await connection.fetch(_HEAD)],
        ],
        "foreign": [
            Place(
                topic=one["src_topic"],
                partition=one["src_partition"],
                offset=one["src_offset"],
                why=one["kind"],
            )
            for one in refused
        ],
    }


def _leaf(row: asyncpg.Record) -> Leaf:
    known = {name: value for name, value in row.items() if name != "leaf"}
    return Leaf(**known, content=row["leaf"].decode())


def _checkpoint(source: str, row: asyncpg.Record) -> Checkpoint:
    return Checkpoint(
        source=source,
        seen_at=0.0,
        origin=str(row["epoch"]),
        size=row["size"],
        root=b64encode(row["root"]).decode(),
    )


async def armed(connection: asyncpg.Connection) -> list[Step]:
    return [
        Step(
            clock=from_uuid("clk", row["clock_id"]),
            case=from_uuid("case", row["case_id"]),
            kind=row["kind"],
            percent=row["percent"],
            due_at=row["due_at"],
            caught_up_at=row["caught_up_at"],
        )
        for row in await connection.fetch(_STEPS)
    ]
