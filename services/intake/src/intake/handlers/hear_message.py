"""A seller says more about its open case."""

from chassis import outbox, views
from chassis.door import Tx
from intake.domain.messages import CaseTakesNoMessage, HearMessage


async def hear_message(tx: Tx, command: HearMessage) -> None:
    """
    Add what was said; the case keeps its place.

    Raises:
        CaseTakesNoMessage: The case has ended.
    """
    view = await views.lock(tx, command.case)
    if view.state.has_ended:
        raise CaseTakesNoMessage(view.state.status)
    outbox.announce(tx, command.heard, subject=command.case)
