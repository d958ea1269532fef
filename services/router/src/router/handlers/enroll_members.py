"""Members join, or change."""

from collections.abc import Sequence

from chassis.door import Tx
from chassis.outbox import announce
from contracts.routing import MemberEnrolled
from router.domain.work import Member
from router.store import members as rows


async def enroll_members(members: Sequence[Member], *, tx: Tx) -> int:
    """
    Keep the members and announce, by pseudonym, those who are new or changed.

    Idempotent. Returns how many were announced.
    """
    changed = [member for member in members if await rows.save(tx, member)]

    for member in changed:
        announce(tx, _enrolled(member), subject=member.member)
    return len(changed)


def _enrolled(member: Member) -> MemberEnrolled:
    return MemberEnrolled(
        member=member.member,
        marketplaces=member.marketplaces,
        teams=member.teams,
        roles=member.roles,
        authority=member.authority,
        clearances=member.clearances,
        skills=member.skills,
        capacity=member.capacity,
    )
