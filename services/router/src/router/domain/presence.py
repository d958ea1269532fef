"""Who is there, who stands in for whom, and what cannot wait for their return. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

AVAILABLE, OFFLINE = "available", "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """Somebody stands in for a member, from one moment to another, the last one excluded."""

    to: str
    starts_at: datetime
    ends_at: datetime

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What a member said last. Whoever never said anything is offline, in version 0."""

    member: str
    presence: str = OFFLINE
    until: datetime | None = None
    delegation: Delegation | None = None
    version: int = 0

    def at(self, now: datetime) -> str:
        """Say how it is now: whoever was available until then has gone by then."""
        over = self.until is not None and self.until <= now
        return OFFLINE if self.presence == AVAILABLE and over else self.presence

    def delegate_at(self, now: datetime) -> str | None:
        """Name who stands in now."""
        in_force = self.delegation is not None and self.delegation.holds(now)
        return self.delegation.to if self.delegation and in_force else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCase:
    """A case in somebody's hands: when it breaks a promise, and whom it waits for."""

    case_id: str
    due_at: datetime
    waiting_on: str


def choose_what_cannot_wait(
    held: Iterable[HeldCase], *, back_at: datetime | None
) -> tuple[str, ...]:
    """
    Choose the cases that go back to their queues when their holder leaves.

    What waits for the seller or a partner stays, and so does what is due after the return.
    Without a return nothing can wait that there is something to do about.
    """
    return tuple(
        case.case_id
        for case in sorted(held, key=lambda one: (one.due_at, one.case_id))
        if case.waiting_on == "platform" and (back_at is None or case.due_at < back_at)
    )
