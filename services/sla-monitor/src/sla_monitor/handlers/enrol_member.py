"""Someone was enrolled: whom to escalate to is known from here on."""

from chassis.door import Tx
from contracts.event import Event
from contracts.routing import MemberEnrolled
from sla_monitor.domain.staffing import Member
from sla_monitor.store import members


async def enrol_member(event: Event[MemberEnrolled], /, *, tx: Tx) -> None:
    """Keep the newest enrolment: a repeated one says all that holds."""
    fact = event.fact
    member = Member(
        member=fact.member,
        teams=frozenset(fact.teams),
        roles=frozenset(fact.roles),
        authority=fact.authority,
    )

    await members.replace(tx, member, marketplaces=fact.marketplaces)
