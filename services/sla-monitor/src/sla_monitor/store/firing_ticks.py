"""The firer's last tick, as it was seen: whichever replica is next goes on from there."""

from typing import Final

from chassis.door import Tx
from sla_monitor.domain.guard import Mode, Seen

_FIND: Final = "select ticked_at, host_seconds, mode from firing_ticks where name = 'fire'"
_SAVE: Final = """
insert into firing_ticks (name, ticked_at, host_seconds, mode) values ('fire', $1, $2, $3)
on conflict (name) do update
    set ticked_at = excluded.ticked_at, host_seconds = excluded.host_seconds, mode = excluded.mode
"""


async def find(tx: Tx) -> Seen | None:
    connection = await tx.raw()
    row = await connection.fetchrow(_FIND)
    if row is None:
        return None
    return Seen(at=row["ticked_at"], host=row["host_seconds"], mode=Mode(row["mode"]))


async def save(tx: Tx, seen: Seen) -> None:
    connection = await tx.raw()
    await connection.execute(_SAVE, seen.at, seen.host, seen.mode.value)
