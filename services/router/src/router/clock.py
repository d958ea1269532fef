"""Door 3: time passes. Offers are made and lapse; shifts end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from chassis.clock import Behind, Duty
from chassis.door import Tx
from chassis.failures import Kind, classify, describe, pause_after
from chassis.lease import LeaseLost
from playbook.model import Playbook
from router.handlers.change_presence import end_shift, list_over
from router.handlers.dispatch_offers import dispatch_offers
from router.handlers.lapse_offers import lapse_offers

_OFTEN: Final = timedelta(seconds=2)
_NEVER: Final = (0, 0.0)
_LAPSE: Final = Duty(name="lapse-offers", every=_OFTEN, work=lapse_offers)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Shifts:
    """
    Ends the shifts that are over, each member's in a transaction of its own.

    One that fails is written down and tried again, ever later; nobody else waits for it.
    `failed`: how often, and before when on this process's own clock not to try again.
    """

    failed: dict[str, tuple[int, float]] = field(default_factory=dict)

    async def end(self, behind: Behind) -> bool:
        """End what is over; there is nothing more to do at once."""
        over = await behind(list_over)
        for gone in self.failed.keys() - set(over):
            del self.failed[gone]
        for member in over:
            if self.failed.get(member, _NEVER)[1] <= asyncio.get_running_loop().time():
                await self._end(member, behind)
        return False

    async def _end(self, member: str, behind: Behind) -> None:
        try:
            await behind(partial(end_shift, member=member))
        except Exception as error:
            if isinstance(error, LeaseLost) or classify(error) is Kind.SYSTEMIC:
                raise
            self._note(member, error)
        else:
            self.failed.pop(member, None)

    def _note(self, member: str, error: Exception) -> None:
        attempts = self.failed.get(member, _NEVER)[0] + 1
        pause = pause_after(attempts).total_seconds()
        self.failed[member] = (attempts, asyncio.get_running_loop().time() + pause)
        _log.error("shift_not_ended", member=member, attempts=attempts, error=describe(error))


def duties(playbooks: Mapping[str, Playbook]) -> tuple[Duty, ...]:
    """Say what the router does without being asked."""

    async def dispatch(tx: Tx) -> bool:
        return await dispatch_offers(tx, playbooks=playbooks)

    return (
        _LAPSE,
        Duty(name="end-shifts", every=_OFTEN, work=Shifts().end, opens=True),
        Duty(name="dispatch-offers", every=_OFTEN, work=dispatch),
    )
