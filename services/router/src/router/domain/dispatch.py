"""Who is offered which case. Pure: what waits, who is there, and what each has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from router.domain.work import Member, Work, what_member_lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """
    A case that somebody should be asked to take. There is no channel here: it decides nothing.

    `teams`: its queue's owners in the order in which they should be asked, those on shift first.
    """

    case_id: str
    marketplace: str
    teams: tuple[str, ...]
    due_at: datetime
    skills: tuple[str, ...] = ()
    clearance: tuple[str, ...] = ()
    refused_by: frozenset[str] = frozenset()
    delegate: str | None = None  # who stands in for the one who had it


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who is available, and what they have in hands or are asked to take."""

    member: Member
    load: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Ask this member to take this case; the reason is of the playbook's list `assignment`."""

    case_id: str
    member: str
    reason: str


def choose_offers(
    waiting: Iterable[Waiting], candidates: Sequence[Candidate]
) -> tuple[Choice, ...]:
    """
    Choose whom to ask: what breaks a promise first is dealt with first.

    Only those are asked who have all that a case needs, and room. Among these the delegate of
    whoever had it, then the first owner's people, the next owner's only when none of the first
    can. Load decides last, between equals, so that it spreads; it never makes anybody suited.
    """
    loads = {one.member.member: one.load for one in candidates}
    choices = []
    for case in sorted(waiting, key=lambda one: (one.due_at, one.case_id)):
        choice = _choose(case, candidates, loads)
        if choice is not None:
            loads[choice.member] += 1
            choices.append(choice)
    return tuple(choices)


def _choose(
    case: Waiting, candidates: Sequence[Candidate], loads: Mapping[str, int]
) -> Choice | None:
    suited = [one.member for one in candidates if _is_suited(one.member, case, loads)]
    if not suited:
        return None
    rank, delegated, _, member = min(_merit(member, case, loads) for member in suited)
    reason = "cover" if rank or not delegated else "balanced_load"
    return Choice(case_id=case.case_id, member=member, reason=reason)


def _is_suited(member: Member, case: Waiting, loads: Mapping[str, int]) -> bool:
    work = Work(
        marketplace=case.marketplace,
        teams=case.teams,
        skills=case.skills,
        clearance=case.clearance,
    )
    refused = member.member in case.refused_by
    return not refused and not what_member_lacks(member, work, load=loads[member.member])


def _merit(member: Member, case: Waiting, loads: Mapping[str, int]) -> tuple[int, bool, float, str]:
    """Rank, the best first: the owner's place, the delegate, the share of the room that is used."""
    rank = next(place for place, team in enumerate(case.teams) if team in member.teams)
    is_other = member.member != case.delegate
    return (
        rank if is_other else 0,
        is_other,
        loads[member.member] / member.capacity,
        member.member,
    )
