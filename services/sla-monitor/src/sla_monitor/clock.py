"""Door 3: time passes. What is due fires; what nobody can explain waits for an operator."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.broker import host_clock
from chassis.clock import Behind, Duty
from chassis.door import Journey, Pen, Tx, run, wants_another_try
from chassis.failures import Kind, classify, describe
from chassis.lease import LeaseLost
from sla_monitor.domain.following import Rules
from sla_monitor.handlers.fire_clocks import AT_ONCE, fire_alone, fire_clocks, put_aside
from sla_monitor.handlers.try_again import try_again
from sla_monitor.handlers.watch_firing import Watch, watch_firing
from sla_monitor.handlers.watch_load import look_ahead, release_held
from sla_monitor.store import sla_cases
from sla_monitor.store.sla_cases import CaseKey

EVERY: Final = timedelta(milliseconds=500)
AUDIT_EVERY: Final = timedelta(seconds=5)
_LOOK_AGAIN_AFTER: Final = 1.0  # seconds of firing on what one look has allowed

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One firer at work: each round in a transaction of its own."""

    behind: Behind
    rules: Rules

    async def tick(self) -> bool:
        """Fire what may fire; say whether there is more, at once."""
        prospect = await self.behind(partial(look_ahead, host=host_clock()))
        for case in prospect.alone:
            await self._fire_alone(case)
        return prospect.may_fire and await self._fire_rounds()

    async def _fire_rounds(self) -> bool:
        clock = asyncio.get_running_loop().time
        began, more = clock(), True
        while more and clock() - began < _LOOK_AGAIN_AFTER:
            more = await self._fire_round()
        return more

    async def _fire_round(self) -> bool:
        try:
            return (await self.behind(partial(fire_clocks, rules=self.rules))).more
        except Exception as error:
            if not is_of_a_case(error):
                raise
            _log.warning("round_failed", error=describe(error))
        for case in await self.behind(partial(sla_cases.find_due, limit=AT_ONCE)):
            await self._fire_alone(case)
        return True

    async def _fire_alone(self, case: CaseKey) -> None:
        """Fire one case; what fails is written down, and only this case waits for it."""
        try:
            await self.behind(partial(fire_alone, case=case, rules=self.rules))
        except Exception as error:
            if not is_of_a_case(error):
                raise
            await self.behind(partial(put_aside, errors={case: describe(error)}))


def is_of_a_case(error: Exception) -> bool:
    """Tell what a case may be to blame for from what would meet any: no database, no lease."""
    anybodys = isinstance(error, LeaseLost) or wants_another_try(error)
    return not anybodys and classify(error) is not Kind.SYSTEMIC


def firing_duty(rules: Rules, *, wake: asyncio.Event | None = None) -> Duty:
    """Fire every half second, by one replica at a time, and again at once while more is due."""
    fresh = True

    async def fire(behind: Behind) -> bool:
        nonlocal fresh
        if fresh:
            # A process that has just begun may hold what an earlier one lacked: a playbook, a fix.
            await behind(try_again)
            fresh = False
        return await Firing(behind=behind, rules=rules).tick()

    return Duty(name="fire", every=EVERY, work=fire, opens=True, wake=wake)


def auditing_duty(watch: Watch) -> Duty:
    """Look after the firer, in every replica: silence is an alarm too."""
    return Duty(
        name="audit-firing",
        every=AUDIT_EVERY,
        work=partial(watch_firing, watch=watch),
        leased=False,
    )


async def release(_arguments: Sequence[str], /, *, engine: AsyncEngine, pen: Pen) -> None:
    """Be the command `release`: an operator has looked, and what is held may fire."""
    await run(engine, release_held, pen=pen, journey=_operator(pen))


async def fire_again(arguments: Sequence[str], /, *, engine: AsyncEngine, pen: Pen) -> None:
    """Be the command `fire-again [CASE]`: try at once what could not be fired; without: all."""

    async def work(tx: Tx) -> None:
        await try_again(tx, *arguments[:1])

    await run(engine, work, pen=pen, journey=_operator(pen))


def _operator(pen: Pen) -> Journey:
    return Journey(actor=f"service:{pen.service}")
