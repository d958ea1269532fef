"""Door 3: what resolution does because time passes."""

from datetime import timedelta
from typing import Final

from chassis.clock import Duty
from chassis.turns import Turns
from resolution.handlers.note_invalidations import list_due, note_uses
from resolution.store import recontacts

_OFTEN: Final = timedelta(seconds=1)
_TOLD_AT_ONCE: Final = 50


def duties() -> tuple[Duty, ...]:
    """Say what resolution does without being asked."""
    telling = Turns(
        "note-withdrawn-letters",
        find=recontacts.find_untold,
        do=note_uses,
        at_once=_TOLD_AT_ONCE,
    )
    return (
        Duty(name="list-withdrawn-letters", every=_OFTEN, work=list_due),
        telling.duty(every=_OFTEN),
    )
