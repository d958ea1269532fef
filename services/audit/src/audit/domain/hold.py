"""Legal holds: what must be kept, whatever else says that it may go."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final, Literal, TypeAlias

State: TypeAlias = Literal["placed", "confirmed", "release_requested", "released"]

REASONS: Final = frozenset(
    {"audit_request", "court_order", "investigation", "litigation", "regulator_request"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is held: one case, or all of a seller. `seller` is None when a case's is unknown."""

    marketplace: str
    seller: str | None
    case: str | None = None

    @property
    def subject(self) -> str:
        """Name what leaves about it are about; a marketplace's own when it names neither."""
        return self.case or self.seller or self.marketplace


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold. It stands from the first person's word to the second's on its release."""

    id: str
    scope: Scope
    reason: str
    placed_by: str
    placed_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    release_requested_by: str | None = None
    release_requested_at: datetime | None = None
    released_by: str | None = None
    released_at: datetime | None = None

    @property
    def state(self) -> State:
        if self.released_at:
            return "released"
        if self.release_requested_by:
            return "release_requested"
        return "confirmed" if self.approved_by else "placed"


class Step(Enum):
    """What a call about a hold comes to."""

    FIRST = auto()  # it is noted; of a placing it stands already
    SECOND = auto()  # another person says the same
    NOTHING = auto()  # the same person again, or it is done


def decide_placing(same: Hold | None, *, by: str) -> Step:
    """Say what placing means when `same` stands on the same scope for the same reason."""
    if same is None:
        return Step.FIRST
    confirms = same.approved_by is None and not _is_same(same.placed_by, by)
    return Step.SECOND if confirms else Step.NOTHING


def decide_release(hold: Hold, *, by: str) -> Step:
    """Say what asking for a release means: the first asks, another person releases."""
    if hold.released_at is not None:
        return Step.NOTHING
    if hold.release_requested_by is None:
        return Step.FIRST
    return Step.NOTHING if _is_same(hold.release_requested_by, by) else Step.SECOND


def _is_same(one: str, other: str) -> bool:
    """Compare members, not roles: a person in two roles is one person."""
    return one.rpartition(":")[2] == other.rpartition(":")[2]
