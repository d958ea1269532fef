"""Someone looks at an escalation."""

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from contracts.sla import EscalationAcknowledged
from sla_monitor.domain.escalations import Escalation, acknowledge
from sla_monitor.store import escalations


async def acknowledge_escalation(tx: Tx, before: Escalation, *, member: str) -> Escalation:
    """
    Note who looks first; again, by anyone, changes nothing.

    Raises:
        EscalationOver: It was resolved before anyone looked.
    """
    after = acknowledge(before, member=member, now=tx.now)
    if after == before:
        return after

    await escalations.save(tx, after)
    views.touch(tx.views[after.case_id])

    announce(
        tx,
        EscalationAcknowledged(escalation=after.escalation_id, member=member),
        subject=after.case_id,
    )
    return after
