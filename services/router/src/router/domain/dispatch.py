"""Who is offered which case. Pure: what waits, who is there, and what each has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from router.domain.work import Member, Work, what_member_lacks

COVER: Final = "cover"
BALANCED_LOAD: Final = "balanced_load"
REASONS: Final = frozenset({COVER, BALANCED_LOAD})
"""Why the dispatcher asks somebody. Its own words, whatever list a playbook has for people."""


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
class Kind:
    """What cases of a queue have in common that says who can take them."""

    marketplace: str
    queue: str
    skills: tuple[str, ...]
    clearance: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who is available, and what they have in hands or are asked to take."""

    member: Member
    load: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Ask this member to take this case, for one of `REASONS`."""

    case_id: str
    member: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A queue as the playbook has it now: its owners in order, and the clearance for it."""

    teams: tuple[str, ...]
    clearance: tuple[str, ...] = ()

    def with_clearance(self, of_case: tuple[str, ...]) -> tuple[str, ...]:
        """Ask for both: a row from before this was written down asks for none of its own."""
        return tuple(sorted({*of_case, *self.clearance}))


def crew_of(kind: Kind, owned: Owned, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Name who could take a case of a kind and has room for one more."""
    work = Work(
        marketplace=kind.marketplace,
        teams=owned.teams,
        skills=kind.skills,
        clearance=owned.with_clearance(kind.clearance),
    )
    return tuple(
        one.member.member
        for one in candidates
        if not what_member_lacks(one.member, work, load=one.load)
    )


def choose_offers(
    waiting: Iterable[Waiting], candidates: Sequence[Candidate], *, limit: int | None = None
) -> tuple[Choice, ...]:
    """
    Choose whom to ask: what breaks a promise first is dealt with first.

    Only those are asked who have all that a case needs, and room. Among these the delegate of
    whoever had it, then the first owner's people, the next owner's only when none of the first
    can. Load decides last, between equals, so that it spreads; it never makes anybody suited.
    After `limit` choices the rest is not looked at.
    """
    loads = {one.member.member: one.load for one in candidates}
    ordered = sorted(waiting, key=lambda one: (one.due_at, one.case_id))
    return tuple(islice(_choices(ordered, candidates, loads), limit))


def _choices(
    ordered: Iterable[Waiting], candidates: Sequence[Candidate], loads: dict[str, int]
) -> Iterator[Choice]:
    for case in ordered:
        choice = _choose(case, candidates, loads)
        if choice is not None:
            loads[choice.member] += 1
            yield choice


def _choose(
    case: Waiting, candidates: Sequence[Candidate], loads: Mapping[str, int]
) -> Choice | None:
    suited = [one.member for one in candidates if _is_suited(one.member, case, loads)]
    if not suited:
        return None
    rank, delegated, _, member = min(_merit(member, case, loads) for member in suited)
    reason = COVER if rank or not delegated else BALANCED_LOAD
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
