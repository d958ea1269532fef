"""Door 3: time passes. Offers are made and lapse; shifts end."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from chassis.clock import Duty
from chassis.door import Tx
from chassis.turns import Turns
from playbook.model import Playbook
from router.handlers.change_presence import end_shifts
from router.handlers.dispatch_offers import dispatch_offers
from router.handlers.lapse_offers import lapse_offers
from router.store import offers, presences

_OFTEN: Final = timedelta(seconds=2)
_LAPSED_AT_ONCE: Final = 50


def end_of_shifts() -> Turns:
    """Return who ends shifts: one at a time, for what a member holds is locked as one."""
    return Turns("end-shifts", find=presences.find_over, do=end_shifts, at_once=1)


def duties(playbooks: Mapping[str, Playbook]) -> tuple[Duty, ...]:
    """Say what the router does without being asked."""
    lapsing = Turns(
        "lapse-offers", find=offers.find_lapsed, do=lapse_offers, at_once=_LAPSED_AT_ONCE
    )

    async def dispatch(tx: Tx) -> bool:
        return await dispatch_offers(tx, playbooks=playbooks)

    return (
        lapsing.duty(every=_OFTEN),
        end_of_shifts().duty(every=_OFTEN),
        Duty(name="dispatch-offers", every=_OFTEN, work=dispatch),
    )
