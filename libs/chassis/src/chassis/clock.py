"""Door 3: what is done because time passed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.door import Journey, Pen, Tx, run
from chassis.lease import Lease, LeaseLost

_LOOK_FOR_LEASE: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """
    Something to do every so often, in one transaction; True means: there is more, at once.

    `prepare` is what is slow (HTTP, files): it runs before the transaction, and its result is
    the second argument of `work`. A leased duty runs in one replica at a time. `role` names the
    processes that have it.
    """

    name: str
    every: timedelta
    work: Callable[..., Awaitable[bool | None]]
    prepare: Callable[[], Awaitable[Any]] | None = None
    leased: bool = True
    role: str = "worker"


async def perform(
    duty: Duty, *, engine: AsyncEngine, pen: Pen, lease: Lease | None = None
) -> bool | None:
    """
    Do a duty once.

    Raises:
        LeaseLost: Another replica took over; nothing was done.
    """
    arguments = [await duty.prepare()] if duty.prepare else []

    async def work(tx: Tx) -> bool | None:
        if lease:
            await lease.check(tx)
        return await duty.work(tx, *arguments)

    return await run(engine, work, pen=pen, journey=Journey(actor=f"service:{pen.service}"))


async def keep_performing(
    duty: Duty, *, engine: AsyncEngine, pen: Pen, stopping: asyncio.Event
) -> None:
    """Do a duty again and again until told to stop, whenever its lease is ours."""
    lease = Lease(engine=engine, name=f"duty:{duty.name}") if duty.leased else None
    try:
        while not stopping.is_set():
            if lease and not await lease.hold():
                await wait_or_stop(stopping, _LOOK_FOR_LEASE)
            elif not await _perform_if_ours(duty, engine, pen, lease):
                await wait_or_stop(stopping, duty.every.total_seconds())
    finally:
        if lease:
            await lease.leave()


async def _perform_if_ours(
    duty: Duty, engine: AsyncEngine, pen: Pen, lease: Lease | None
) -> bool | None:
    try:
        return await perform(duty, engine=engine, pen=pen, lease=lease)
    except LeaseLost:
        return None


async def wait_or_stop(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or shorter when told to stop; say whether to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True
