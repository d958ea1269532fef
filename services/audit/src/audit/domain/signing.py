"""Whether a head may be signed: only what continues the last one that was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from audit.domain.merkle import EMPTY_HEAD, Head, is_consistent

FRESH_FOR: Final = timedelta(seconds=60)


class Refusal(Enum):
    """Why the signer does not sign. A person has to find out what happened to the log."""

    SHRUNK = "the log is shorter than what was signed last: its database was restored or cut"
    CHANGED = "the log does not continue what was signed last: it was changed or forked"
    FORGOTTEN = "checkpoints exist, but the signer's state is gone: what it signed is unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The last checkpoint that is known: its head, and when it was signed."""

    head: Head
    at: datetime


def is_due(head: Head, last: Signed | None, *, now: datetime) -> bool:
    """Say whether to publish: after every change, and often enough to show that we are alive."""
    return last is None or last.head.size != head.size or now - last.at >= FRESH_FOR


def refusal_of(
    head: Head,
    *,
    remembered: Head | None,
    published: Signed | None,
    proofs: Mapping[Head, Sequence[bytes]],
) -> Refusal | None:
    """
    Say why a head must not be signed; None when it may be.

    Args:
        head: The log as it stands now.
        remembered: What the signer itself knows to have signed last.
        published: What the database says was signed last, maybe by another process.
        proofs: That each of `starts_of` these begins `head`.
    """
    if remembered is None and published is not None:
        return Refusal.FORGOTTEN
    starts = starts_of(remembered, published)
    if any(start.size > head.size for start in starts):
        return Refusal.SHRUNK
    consistent = all(is_consistent(start, head, proofs[start]) for start in starts)
    return None if consistent else Refusal.CHANGED


def starts_of(remembered: Head | None, published: Signed | None) -> list[Head]:
    """Return what a head has to continue: mostly one and the same."""
    known = {remembered or EMPTY_HEAD, *([published.head] if published else [])}
    return sorted(known, key=lambda head: (head.size, head.root))


def is_known(head: Head, *, remembered: Head | None, published: Signed | None) -> bool:
    """Say that nothing has moved since the last signature: there is nothing to look at."""
    return published is not None and head == remembered == published.head
