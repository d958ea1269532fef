"""How long bodies are kept, by what kind of event they are of. Leaves are kept for ever."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from contracts.cases import SellerMessageReceived
from contracts.catalogue import AUDIT, CASES, GOVERNANCE
from contracts.resolution import SellerMessageSent
from playbook.model import Playbook

CASE, MESSAGE, AUDIT_EVENT = "case", "message", "audit_event"
MESSAGES: Final = (SellerMessageSent.type, SellerMessageReceived.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Bodies of one class, of one marketplace, and for how long they are kept."""

    marketplace: str
    what: str
    keep: timedelta

    @property
    def topics(self) -> tuple[str, ...]:
        return (AUDIT, GOVERNANCE) if self.what == AUDIT_EVENT else (CASES,)


def rules_of(playbooks: Iterable[Playbook]) -> list[Rule]:
    """
    Read the rules out of `retention.yaml`, one a marketplace and class.

    A marketplace may be in several versions of a playbook, and its cases pinned to any: the
    longest time holds. What no row speaks of is kept.
    """
    longest: dict[tuple[str, str], timedelta] = {}
    for marketplace, what, keep in _rows(playbooks):
        key = (marketplace, what)
        longest[key] = max(keep, longest.get(key, keep))
    return [
        Rule(marketplace=marketplace, what=what, keep=keep)
        for (marketplace, what), keep in sorted(longest.items())
    ]


def _rows(playbooks: Iterable[Playbook]) -> Iterator[tuple[str, str, timedelta]]:
    for playbook in playbooks:
        for marketplace in playbook.card.marketplaces:
            for row in playbook.retention.rows:
                if row.what in {CASE, MESSAGE, AUDIT_EVENT}:
                    yield marketplace.id, row.what, row.keep
