"""A hall in a process of its own, to be killed and frozen: reads bells, answers them."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bells import BellRung, answer, hall, pen_of
from chassis import failpoint
from chassis.broker import Kafka
from chassis.consumer import subscribe
from chassis.door import Tx
from chassis.reading import Reading
from chassis.supervisor import Supervisor
from contracts.event import Event

LINGERS = 99
"""The bell about which the process is still busy when it is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a process is told, as JSON on its command line."""

    database: str
    servers: str
    prefix: str
    name: str
    instance: str | None = None
    failpoints: str = ""

    def command(self) -> list[str]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return [sys.executable, __file__, json.dumps(told)]


async def linger(event: Event[BellRung], /, *, tx: Tx) -> None:
    """Be in the middle of bell 99 for a while: a lock in the database says so."""
    if event.fact.times == LINGERS:
        await tx.execute(text("select pg_advisory_xact_lock(4711)"))
        await asyncio.sleep(2)
    await answer(event, tx=tx)


async def read(orders: Orders) -> None:
    """Read until killed."""
    settings = {"application_name": orders.name, "idle_in_transaction_session_timeout": "4000"}
    engine = create_async_engine(
        orders.database, pool_size=4, connect_args={"server_settings": settings}
    )
    supervisor = Supervisor()
    reading = Reading(
        to=hall(subscribe(BellRung, linger)),
        engine=engine,
        pen=pen_of("hall"),
        kafka=Kafka(servers=orders.servers, prefix=orders.prefix, instance=orders.instance),
        stopping=supervisor.stopping,
        changed=lambda _subject: None,
    )
    await supervisor.keep("reading", reading.run)


def main() -> None:
    told = cast("dict[str, Any]", json.loads(sys.argv[1]))
    orders = Orders(**told)
    failpoint.arm(orders.failpoints, stack=True)
    asyncio.run(read(orders))


if __name__ == "__main__":
    main()
