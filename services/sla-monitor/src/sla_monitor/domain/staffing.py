"""Who takes an escalation: the ladder names a role, this finds the person."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Someone who works in a marketplace, by pseudonym."""

    member: str
    teams: frozenset[str]
    roles: frozenset[str]
    authority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a role of a ladder asks of a person. Without a team: of any."""

    role: str
    authority: int
    own_team: bool


# Ladders speak of duties, tokens of roles: `senior_reviewer` is a duty of senior agents.
_DUTIES: Final = {
    "senior_reviewer": Wanted(role="senior_agent", authority=3, own_team=True),
    "operator": Wanted(role="operator", authority=0, own_team=False),
    "council": Wanted(role="council", authority=0, own_team=False),
}


def wanted_for(target_role: str) -> Wanted:
    """Say what a ladder's role asks for; one that is no duty is a role of its own."""
    return _DUTIES.get(target_role, Wanted(role=target_role, authority=0, own_team=True))


def choose_person(members: Iterable[Member], *, target_role: str, team: str | None) -> str | None:
    """
    Choose the person with the most authority, then the lowest id: the same for everyone who asks.

    None when nobody of that role, with that authority, is in the team.
    """
    wanted = wanted_for(target_role)
    fitting = [member for member in members if _fits(member, wanted, team)]
    ranked = sorted(fitting, key=lambda member: (-member.authority, member.member))
    return ranked[0].member if ranked else None


def _fits(member: Member, wanted: Wanted, team: str | None) -> bool:
    return (
        wanted.role in member.roles
        and member.authority >= wanted.authority
        and (not wanted.own_team or team in member.teams)
    )
