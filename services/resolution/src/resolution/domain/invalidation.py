"""A letter that was withdrawn: where it holds, and what the cases that got it are asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.lifecycle import CaseState
from playbook.model import Playbook

CONTACT_AGAIN: Final = "contact_again"
NO_CONTACT: Final = "no_contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalidation:
    """
    A version of a letter that is sent no more from `effective_at` on.

    `playbook`: only as this version has it; None: in every one. `regions`: only in their wording;
    empty: in all. `instead`: the template that stands in for it.
    """

    id: str
    marketplace: str
    asset: str
    playbook: str | None
    regions: tuple[str, ...]
    reason: str
    instead: str | None
    effective_at: datetime
    invalidated_at: datetime
    actor: str
    listed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recontact:
    """A case whose seller has a withdrawn letter. `asked`: it was open, so its owner decides."""

    invalidation: str
    asset: str
    case: str
    first_used_at: datetime
    withdrawn_for: str
    noted_at: datetime | None = None
    asked: bool | None = None
    outcome: str | None = None
    reason: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return bool(self.asked) and self.outcome is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """Withdrawn letters of one case: to be decided about, and to be written anew."""

    undecided: tuple[str, ...] = ()
    unwritten: tuple[str, ...] = ()


def stopping(found: Iterable[Invalidation], *, playbook: str, region: str) -> Invalidation | None:
    """Choose the withdrawal that keeps a letter of this playbook and region from going out."""
    return next((one for one in found if _holds(one, playbook, region)), None)


def _holds(one: Invalidation, playbook: str, region: str) -> bool:
    return one.playbook in {None, playbook} and (not one.regions or region in one.regions)


def owed(state: CaseState, recontacts: Iterable[Recontact]) -> Owed:
    """Sum up what is still to do; any letter after the decision to write again will do."""
    known = tuple(recontacts)
    last = max((one.sent_at for one in state.messages.values()), default=None)
    return Owed(
        undecided=tuple(one.asset for one in known if one.is_open),
        unwritten=tuple(
            one.asset
            for one in known
            if one.outcome == CONTACT_AGAIN
            and one.decided_at is not None
            and (last is None or last < one.decided_at)
        ),
    )


def holders(
    playbooks: Mapping[str, Playbook], *, marketplace: str, asset: str
) -> tuple[Playbook, ...]:
    """Return the versions of a marketplace's playbook that have this version of a letter."""
    return tuple(
        book
        for book in playbooks.values()
        if book.marketplace(marketplace) and any(one.pin == asset for one in book.templates)
    )
