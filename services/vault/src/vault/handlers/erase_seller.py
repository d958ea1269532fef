"""A seller is erased: asked for by one person, done by another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from contracts.vault import SellerErased
from vault.domain.erasure import Erasure, Step, check_free, decide_step
from vault.domain.keys import KeyPair, Owner
from vault.store import erasures, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseSeller:
    """Who is to be erased and why; `holds` are those that stood a moment ago."""

    marketplace: str
    seller: str
    legal_basis: str
    holds: Sequence[str]


class SellerUnknown(Exception):
    """No key was ever bound to such a seller."""


async def erase_seller(command: EraseSeller, *, tx: Tx) -> Erasure:
    """
    Ask for an erasure, or, as another person, carry it out: the private key is destroyed.

    Calling again changes nothing. The key's row is held meanwhile, so that two who agree at once
    erase once.

    Raises:
        SellerUnknown: The vault has no key of theirs.
        LegalHold, CaseStillOpen: Not now.
        AskedOtherwise: It was asked for on another legal basis.
    """
    pair = await keys.find_of_seller(tx, command.seller, lock=True)
    if pair is None:
        raise SellerUnknown
    asked = await erasures.find(tx, command.seller)
    step = decide_step(asked, by=tx.journey.actor, legal_basis=command.legal_basis)
    if asked and step is Step.DONE:
        return asked
    check_free(holds=command.holds, open_cases=await _open_cases(tx, command.seller))

    if asked is None:
        return await _request(tx, command, pair)
    return asked if step is Step.WAIT else await _destroy(tx, asked)


async def _open_cases(tx: Tx, seller: str) -> list[str]:
    """List the seller's cases that have not ended. All of them are locked, so none is reopened."""
    found = await views.lock_many(tx, await erasures.list_cases(tx, seller))
    return [case for case, view in found.items() if not view.state.has_ended]


async def _request(tx: Tx, command: EraseSeller, pair: KeyPair) -> Erasure:
    erasure = Erasure(
        marketplace=command.marketplace,
        seller=command.seller,
        key=pair.key,
        legal_basis=command.legal_basis,
        requested_by=tx.journey.actor,
        requested_at=tx.now,
    )
    await erasures.request(tx, erasure)
    return erasure


async def _destroy(tx: Tx, asked: Erasure) -> Erasure:
    approver = tx.journey.actor

    await keys.destroy(tx, {asked.key: Owner(marketplace=asked.marketplace, seller=asked.seller)})
    await erasures.finish(tx, asked.seller, approved_by=approver, erased_at=tx.now)

    fact = _erased(asked, approver)
    announce(tx, fact, subject=asked.seller, marketplace=asked.marketplace)
    return replace(asked, approved_by=approver, erased_at=tx.now)


def _erased(asked: Erasure, approver: str) -> SellerErased:
    return SellerErased(
        seller=asked.seller,
        key=asked.key,
        legal_basis=asked.legal_basis,
        requested_by=asked.requested_by,
        requested_at=asked.requested_at,
        approved_by=approver,
    )
