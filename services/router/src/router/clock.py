"""Door 3: time passes. Offers are made and lapse; shifts end."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from chassis.clock import Duty
from chassis.door import Tx
from playbook.model import Playbook
from router.handlers.change_presence import end_shifts
from router.handlers.dispatch_offers import dispatch_offers
from router.handlers.lapse_offers import lapse_offers

_OFTEN: Final = timedelta(seconds=2)
_LAPSE: Final = Duty(name="lapse-offers", every=_OFTEN, work=lapse_offers)
_END_SHIFTS: Final = Duty(name="end-shifts", every=_OFTEN, work=end_shifts)


def duties(playbooks: Mapping[str, Playbook]) -> tuple[Duty, ...]:
    """Say what the router does without being asked."""

    async def dispatch(tx: Tx) -> bool:
        return await dispatch_offers(tx, playbooks=playbooks)

    return (_LAPSE, _END_SHIFTS, Duty(name="dispatch-offers", every=_OFTEN, work=dispatch))
