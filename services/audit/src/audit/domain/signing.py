"""Whether a head may be signed: only what continues the last one that was."""

from collections.abc import Sequence
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
    head: Head, *, remembered: Head | None, published: Signed | None, proof: Sequence[bytes]
) -> Refusal | None:
    """
    Say why a head must not be signed; None when it may be.

    Args:
        head: The log as it stands now.
        remembered: What the signer itself knows to have signed last.
        published: What the database says was signed last.
        proof: That `remembered` begins `head`.
    """
    if remembered is None:
        return None if published is None else Refusal.FORGOTTEN
    if head.size < remembered.size:
        return Refusal.SHRUNK
    return None if is_consistent(remembered, head, proof) else Refusal.CHANGED


def start_of(remembered: Head | None) -> Head:
    return remembered or EMPTY_HEAD
