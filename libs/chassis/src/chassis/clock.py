"""Door 3: what is done because time passed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.door import Journey, Pen, Tx, run
from chassis.lease import Lease, LeaseLost

T = TypeVar("T")
_LOOK_FOR_LEASE: Final = 1.0


class Behind(Protocol):
    """Does work behind the clock's door: in one transaction, under the duty's lease."""

    async def __call__(self, work: Callable[[Tx], Awaitable[T]], /) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """
    Something to do every so often, in one transaction; True means: there is more, at once.

    `prepare` is what is slow (HTTP, files): it runs before the transaction, and its result is
    the second argument of `work`. A leased duty runs in one replica at a time. `role` names the
    processes that have it. `opens`: `work` is given the door instead of a transaction, to go
    through it several times, so that what fails behind it undoes no more than itself. `wake`, when
    set, ends the pause at once. `glance` asks first, in one round trip outside of any transaction,
    whether there is anything to do: for what looks many times a second and mostly finds nothing.
    `lost` is called whenever the lease is another's: what was known here is known there by now.
    """

    name: str
    every: timedelta
    work: Callable[..., Awaitable[bool | None]]
    prepare: Callable[[], Awaitable[Any]] | None = None
    leased: bool = True
    role: str = "worker"
    opens: bool = False
    wake: asyncio.Event | None = None
    glance: Callable[[AsyncEngine], Awaitable[bool]] | None = None
    lost: Callable[[], None] | None = None


async def perform(
    duty: Duty, *, engine: AsyncEngine, pen: Pen, lease: Lease | None = None
) -> bool | None:
    """
    Do a duty once.

    Raises:
        LeaseLost: Another replica took over; nothing was done.
    """
    arguments = [await duty.prepare()] if duty.prepare else []

    async def behind(work: Callable[[Tx], Awaitable[T]], /) -> T:
        async def checked(tx: Tx) -> T:
            if lease:
                await lease.check(tx)
            return await work(tx)

        return await run(engine, checked, pen=pen, journey=Journey(actor=f"service:{pen.service}"))

    if duty.opens:
        return await duty.work(behind, *arguments)
    return await behind(lambda tx: duty.work(tx, *arguments))


async def keep_performing(
    duty: Duty, *, engine: AsyncEngine, pen: Pen, stopping: asyncio.Event
) -> None:
    """Do a duty again and again until told to stop, whenever its lease is ours."""
    lease = Lease(engine=engine, name=f"duty:{duty.name}") if duty.leased else None
    try:
        while not stopping.is_set():
            if lease and not await lease.hold():
                if duty.lost:
                    duty.lost()
                await wait_or_stop(stopping, _LOOK_FOR_LEASE)
            elif not await _perform_if_ours(duty, engine, pen, lease):
                await _pause(duty, stopping)
    finally:
        if lease:
            await lease.leave()


async def _perform_if_ours(
    duty: Duty, engine: AsyncEngine, pen: Pen, lease: Lease | None
) -> bool | None:
    if duty.glance and not await duty.glance(engine):
        return None
    try:
        return await perform(duty, engine=engine, pen=pen, lease=lease)
    except LeaseLost:
        return None


async def _pause(duty: Duty, stopping: asyncio.Event) -> None:
    if duty.wake is None:
        await wait_or_stop(stopping, duty.every.total_seconds())
        return
    waking = asyncio.ensure_future(duty.wake.wait())
    leaving = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait(
            (waking, leaving),
            timeout=duty.every.total_seconds(),
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        waking.cancel()
        leaving.cancel()
    duty.wake.clear()


async def wait_or_stop(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or shorter when told to stop; say whether to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True
