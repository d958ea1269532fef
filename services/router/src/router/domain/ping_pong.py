"""When a case has been sent to and fro long enough, and who ends it. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from router.domain.work import Member

Outcome = Literal["here", "moved", "wrong_team", "returned", "done"]
TOO_MANY: Final = 3
_ARBITERS: Final = "supervisor"
_LAST_RESORT: Final = "council"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A team had the case, or was asked to: by which rule or contract, and what came of it."""

    team: str
    rule: str
    outcome: Outcome
    handed: bool = False  # to a partner, not from queue to queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """Why routing stops, the teams in their order with the next one last, and what sent it."""

    reason: Literal["ping_pong", "third_transfer"]
    trail: tuple[str, ...]
    rules: tuple[str, ...]


def decide_freeze(stays: Sequence[Stay], *, next_team: str) -> Freeze | None:
    """
    Say whether the next transfer is one too many (domain.md §4).

    A→B→A: back to a team that let it go, after another let it go as well. Or the third transfer,
    however many teams took part. A handoff that was done, or came back for what was missing,
    is work and no transfer: only `wrong_team` and moves between queues count.
    """
    reason: Literal["ping_pong", "third_transfer"] | None = None
    if _is_circle(stays, next_team):
        reason = "ping_pong"
    elif _transfers(stays) + 1 >= TOO_MANY:
        reason = "third_transfer"
    if reason is None:
        return None
    return Freeze(
        reason=reason,
        trail=(*(stay.team for stay in stays), next_team),
        rules=tuple(stay.rule for stay in stays),
    )


def _is_circle(stays: Sequence[Stay], next_team: str) -> bool:
    places = [n for n, stay in enumerate(stays) if stay.team == next_team and _let_go(stay)]
    return bool(places) and any(
        stay.team != next_team and (_let_go(stay) or not stay.handed)
        for stay in stays[places[0] + 1 :]
    )


def _let_go(stay: Stay) -> bool:
    return stay.outcome in {"moved", "wrong_team"}


def _transfers(stays: Sequence[Stay]) -> int:
    """Count what has happened: moves behind the first queue, and handoffs to the wrong team."""
    queues = sum(not stay.handed for stay in stays)
    return max(queues - 1, 0) + sum(stay.handed and _let_go(stay) for stay in stays)


def may_arbitrate(
    roles: Collection[str], *, authority: int, arbiter_role: str, needed: int
) -> bool:
    """
    Say whether somebody may decide in the arbiter's place: the council always.

    A supervisor where one was named, with the authority that a decision of the case needs.
    """
    by_supervisor = arbiter_role == _ARBITERS and _ARBITERS in roles and authority >= needed
    return by_supervisor or _LAST_RESORT in roles


def choose_arbiter(
    members: Iterable[Member], *, marketplace: str, team: str, authority: int
) -> tuple[str | None, str]:
    """
    Choose who decides, and in which role: a supervisor with the authority that the case needs.

    One of the lead's team before others, then the most authority, then the lowest id. Where
    there is none the council decides.
    """
    fitting = [
        one
        for one in members
        if _ARBITERS in one.roles and marketplace in one.marketplaces and one.authority >= authority
    ]
    ranked = sorted(fitting, key=lambda one: (team not in one.teams, -one.authority, one.member))
    return (ranked[0].member, _ARBITERS) if ranked else (None, _LAST_RESORT)
