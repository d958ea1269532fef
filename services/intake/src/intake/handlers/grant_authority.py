"""A seller lets somebody act for it, or takes that back."""

from chassis import outbox
from chassis.door import Tx
from contracts.authority import AuthorityRefused, AuthorityVerified
from intake.domain.authority import Grant, GrantEnded
from intake.store import authorities


async def grant_authority(tx: Tx, grant: Grant) -> None:
    """Keep a grant and say it: filings of this delegate are verified from its first moment on."""
    await authorities.add(tx, grant)
    verified = AuthorityVerified(
        authority=grant.id,
        party=grant.party,
        kind=grant.kind,
        issue_types=grant.issue_types,
        assurance=grant.assurance,
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
    )
    outbox.announce(tx, verified, subject=grant.seller, marketplace=grant.marketplace)


async def end_authority(tx: Tx, grant: Grant, *, reason: str) -> None:
    """
    Take a grant back; cases that were filed under it stay as they are.

    Raises:
        GrantEnded: That has been done before.
    """
    if grant.ended_at is not None:
        raise GrantEnded
    await authorities.end(tx, grant.id, at=tx.now)
    refused = AuthorityRefused(authority=grant.id, party=grant.party, reason=reason)
    outbox.announce(tx, refused, subject=grant.seller, marketplace=grant.marketplace)
