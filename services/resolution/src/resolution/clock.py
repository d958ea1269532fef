"""Door 3: what resolution does because time passes."""

from datetime import timedelta
from typing import Final

from chassis.clock import Duty
from resolution.handlers.note_invalidations import list_due, note_uses

_OFTEN: Final = timedelta(seconds=1)

DUTIES: Final = (
    Duty(name="list-withdrawn-letters", every=_OFTEN, work=list_due),
    Duty(name="note-withdrawn-letters", every=_OFTEN, work=note_uses),
)
