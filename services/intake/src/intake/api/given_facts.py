"""Facts that a seller gave, as events carry them: restricted ones sealed, the amount as money."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import cast

from chassis.vault import seal
from contracts.cases import DefaultUse, DeferredFact, FactValue, Seller
from contracts.money import Money
from intake.domain.filing import SellerOnFile
from playbook import filling
from playbook.facts import FactsVerdict


def sealed_facts(
    facts: FactsVerdict, seller: Seller | SellerOnFile, *, case: str
) -> dict[str, FactValue]:
    """Return the clear facts as they are, and each restricted one sealed for its class."""
    close = partial(seal, public_key=seller.public_key, key=seller.key, subject=case)
    sealed = {n: close(r.value, class_=r.sealed_class) for n, r in facts.restricted.items()}
    return cast("dict[str, FactValue]", facts.clear) | sealed


def amount_of(facts: FactsVerdict) -> Money | None:
    """Return the amount at risk, if the facts tell one."""
    amount = facts.amount_at_risk
    if amount is None:
        return None
    return Money(amount_minor=amount.amount_minor, currency=amount.currency)


def deferred_facts(deferred: Iterable[filling.Deferred], now: datetime) -> tuple[DeferredFact, ...]:
    """Say which facts come later, and by when."""
    return tuple(
        DeferredFact(fact=one.fact, reason=one.reason, until=now + one.within) for one in deferred
    )


def default_uses(uses: Iterable[filling.DefaultUse]) -> tuple[DefaultUse, ...]:
    """Say which facts came filled in, and what the seller made of it."""
    return tuple(
        DefaultUse(fact=u.fact, source=u.source, overridden=u.overridden, reason=u.reason)
        for u in uses
    )
