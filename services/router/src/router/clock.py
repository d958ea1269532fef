"""Door 3: time passes. Offers that nobody answered lapse."""

from datetime import timedelta
from typing import Final

from chassis.clock import Duty
from router.handlers.lapse_offers import lapse_offers

_LAPSE: Final = Duty(name="lapse-offers", every=timedelta(seconds=2), work=lapse_offers)


def duties() -> tuple[Duty, ...]:
    """Say what the router does without being asked."""
    return (_LAPSE,)
