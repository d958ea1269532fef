"""Withdraw a version of a letter: it goes out no more, and who has it is known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.door import Tx
from chassis.ids import new_id
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid, NotFound
from contracts.assets import AssetInvalidated
from playbook.model import Playbook
from resolution.domain.invalidation import Invalidation, holders
from resolution.handlers.guards import require_code
from resolution.store import invalidations, recontacts


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidateLetter:
    """
    Withdraw `template@version` on a marketplace, at once or from a moment to come.

    `playbook`, `regions`: only there. `instead`: the template that stands in for it. `reason` is of
    the playbook's list template_withdrawn.
    """

    marketplace: str
    asset: str
    reason: str
    playbook: str | None = None
    regions: tuple[str, ...] = ()
    instead: str | None = None
    effective_at: datetime | None = None


class InvalidatedAlready(Exception):
    """The same letter was withdrawn for the same place, from no later on; that one stands."""

    def __init__(self, known: Invalidation) -> None:
        super().__init__(known.id)
        self.public = {
            "detail": "It was withdrawn already for the same place: `invalidation` is that one.",
            "invalidation": known.id,
        }


async def invalidate_letter(
    tx: Tx, command: InvalidateLetter, *, playbooks: Mapping[str, Playbook]
) -> Invalidation:
    """
    Withdraw a letter, and list the cases that used it.

    Every sending of it is either committed before this returns, and listed, or refused. One that
    takes force later is listed by the clock, when it has.

    Raises:
        NotFound: No version of this marketplace's playbook has such a letter.
        Invalid: A code, region, version or replacement that does not exist, or a time gone by.
        InvalidatedAlready: It was withdrawn for the same place, from no later on.
    """
    books = holders(playbooks, marketplace=command.marketplace, asset=command.asset)
    _check(tx, command, books)

    now = await invalidations.wait_for_sendings(
        tx, marketplace=command.marketplace, asset=command.asset
    )
    invalidation = _invalidation(tx, command, now)

    known = await invalidations.find_same(tx, invalidation)
    if known is not None:
        raise InvalidatedAlready(known)
    await invalidations.add(tx, invalidation)
    if command.effective_at is None:
        invalidation = await list_uses(tx, invalidation, at=now)

    announce(
        tx,
        _said(invalidation),
        subject=invalidation.id,
        marketplace=invalidation.marketplace,
        playbook=invalidation.playbook,
    )
    return invalidation


def _check(tx: Tx, command: InvalidateLetter, books: tuple[Playbook, ...]) -> None:
    if not books:
        raise NotFound
    pins = [book.pin for book in books]
    if command.playbook is not None and command.playbook not in pins:
        detail = f"One of the versions that have this letter: {', '.join(pins)}."
        raise Invalid([FieldError("/playbook", "unknown-code", detail)])
    newest = books[-1]
    codes = newest.codes.template_withdrawn
    require_code(command.reason, codes, pointer="/reason", of="template_withdrawn")
    for place, region in enumerate(command.regions):
        known = [one.region for one in newest.regions]
        require_code(region, known, pointer=f"/regions/{place}", of="regions")
    if command.instead is not None:
        others = dict.fromkeys(one.id for one in newest.templates if one.pin != command.asset)
        require_code(command.instead, others, pointer="/instead", of="the other templates")
    if command.effective_at is not None and command.effective_at <= tx.now:
        detail = "What was sent stays sent: leave it out to withdraw the letter at once."
        raise Invalid([FieldError("/from", "past", detail)])


def _invalidation(tx: Tx, command: InvalidateLetter, now: datetime) -> Invalidation:
    return Invalidation(
        id=new_id("inv", tx.now),
        marketplace=command.marketplace,
        asset=command.asset,
        playbook=command.playbook,
        regions=tuple(sorted(set(command.regions))),
        reason=command.reason,
        instead=command.instead,
        effective_at=command.effective_at or now,
        invalidated_at=now,
        actor=tx.journey.actor,
    )


async def list_uses(tx: Tx, invalidation: Invalidation, *, at: datetime) -> Invalidation:
    """Write down every case that used the letter. Under its lock: no other will come."""
    await recontacts.list_cases(tx, invalidation)
    await invalidations.note_listed(tx, invalidation.id, at=at)
    return replace(invalidation, listed_at=at)


def _said(invalidation: Invalidation) -> AssetInvalidated:
    return AssetInvalidated(
        invalidation=invalidation.id,
        asset=invalidation.asset,
        playbook=invalidation.playbook,
        regions=invalidation.regions,
        reason=invalidation.reason,
        instead=invalidation.instead,
        effective_at=invalidation.effective_at,
    )
