"""Who has done well with cases like this, and whether that is known well enough. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from math import sqrt
from statistics import median
from typing import Final

NEEDED: Final = 5
_Z: Final = 1.96  # 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """A similar case that somebody brought to its end."""

    member: str
    in_time: bool
    hours: float
    resolved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    """A person, and the history that speaks for them."""

    member: str
    cases: int
    in_time: int
    at_least: float
    median_hours: float
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """Whom to ask, the best first; nobody where the history is too short to say."""

    enough_history: bool
    similar: int
    owners: tuple[Recommended, ...]


def recommend_owners(past: Iterable[PastCase], *, among: frozenset[str]) -> Recommendation:
    """
    Rank those who may take the case by the share that they resolved in time.

    The share is taken at its lower bound (Wilson, 95 %), so that five of five are no better than
    ninety-five of a hundred. Fewer than five similar cases say nothing about a person.
    """
    known = sorted((one for one in past if one.member in among), key=lambda one: one.member)
    histories: Mapping[str, list[PastCase]] = {
        member: list(cases) for member, cases in groupby(known, key=lambda one: one.member)
    }
    owners = [_weigh(cases) for cases in histories.values() if len(cases) >= NEEDED]
    ranked = sorted(owners, key=lambda one: (-one.at_least, one.median_hours, one.member))
    return Recommendation(enough_history=bool(ranked), similar=len(known), owners=tuple(ranked))


def _weigh(cases: list[PastCase]) -> Recommended:
    in_time = sum(one.in_time for one in cases)
    return Recommended(
        member=cases[0].member,
        cases=len(cases),
        in_time=in_time,
        at_least=lower_bound(in_time, len(cases)),
        median_hours=median(one.hours for one in cases),
        last_at=max(one.resolved_at for one in cases),
    )


def lower_bound(hits: int, count: int) -> float:
    """Say how large the true share is at least: Wilson's interval, 95 %, of `count` > 0 tries."""
    share, z2 = hits / count, _Z * _Z
    middle = share + z2 / (2 * count)
    margin = _Z * sqrt((share * (1 - share) + z2 / (4 * count)) / count)
    return max(0.0, (middle - margin) / (1 + z2 / count))
