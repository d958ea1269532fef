"""Whether a seller may be erased: two people, no open case, no legal hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

LEGAL_BASES: Final = frozenset(
    {
        "consent_withdrawn",
        "data_subject_request",
        "legal_obligation",
        "objection",
        "purpose_ended",
        "unlawful_processing",
    }
)


class LegalHold(Exception):
    """Something of the seller must be kept. It names the holds."""

    def __init__(self, holds: Sequence[str]) -> None:
        super().__init__()
        self.public = {"hold": min(holds), "holds": sorted(holds)}


class CaseStillOpen(Exception):
    """What is worked on is not erased. It names the cases."""

    def __init__(self, cases: Sequence[str]) -> None:
        super().__init__()
        self.public = {"cases": sorted(cases)}


class AskedOtherwise(Exception):
    """The erasure was asked for on another legal basis than the one that is agreed to."""

    def __init__(self, legal_basis: str) -> None:
        super().__init__()
        self.public = {"legal_basis": legal_basis}


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """An erasure that was asked for; `approved_by` and `erased_at` once it is done."""

    marketplace: str
    seller: str
    key: str
    legal_basis: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None = None
    erased_at: datetime | None = None


class Step(Enum):
    """What a call for an erasure comes to."""

    REQUEST = auto()  # the first: nothing is destroyed yet
    WAIT = auto()  # the same person again: still asked for
    DESTROY = auto()  # another person: now
    DONE = auto()  # it was done before


def decide_step(asked: Erasure | None, *, by: str, legal_basis: str) -> Step:
    """
    Say what to do about a call of `by` (a pseudonym, `compliance:mem_…`).

    Raises:
        AskedOtherwise: It was asked for on another basis: agree to that one.
    """
    if asked is None:
        return Step.REQUEST
    if asked.erased_at is not None:
        return Step.DONE
    if asked.legal_basis != legal_basis:
        raise AskedOtherwise(asked.legal_basis)
    return Step.WAIT if _person(asked.requested_by) == _person(by) else Step.DESTROY


def check_free(*, holds: Sequence[str], open_cases: Sequence[str]) -> None:
    """
    Let only be erased what nobody needs any more.

    Raises:
        LegalHold: A hold stands on the seller, or on a case of it.
        CaseStillOpen: A case has not ended.
    """
    if holds:
        raise LegalHold(holds)
    if open_cases:
        raise CaseStillOpen(open_cases)


def _person(pseudonym: str) -> str:
    """Return the member alone: a person in two roles is one person."""
    return pseudonym.rpartition(":")[2]
