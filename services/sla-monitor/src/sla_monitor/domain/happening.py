"""What an event of a case means for its clocks: traits, and what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.cases import EvidenceReceived, SellerMessageReceived
from contracts.event import Contract, Event
from contracts.lifecycle import CaseState
from contracts.resolution import EvidenceWaived, SellerMessageSent

_ABOUT: Final = ("message", "request", "handoff", "decision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """
    An event, as clocks see it.

    `objects` tells, for each word of the playbook's `of`, the ids it is about; an answer may end
    several requests at once.
    """

    event: str
    at: datetime
    traits: frozenset[str]
    objects: Mapping[str, tuple[str, ...]]


def read_event(event: Event[Contract], state: CaseState) -> Happening:
    """Read an event beside the case as it is after it."""
    named = {word: getattr(event.fact, word, None) for word in _ABOUT}
    objects = {word: (value,) for word, value in named.items() if isinstance(value, str)}
    answered = _answered_requests(event.fact, state)
    return Happening(
        event=event.fact.type.removesuffix(".v1"),
        at=event.time,
        traits=_traits(event.fact, answered, state),
        objects={"case": (state.case_id,)} | objects | ({"request": answered} if answered else {}),
    )


def _answered_requests(fact: Contract, state: CaseState) -> tuple[str, ...]:
    if not isinstance(fact, EvidenceReceived | EvidenceWaived):
        return ()
    still_open = {item.request for item in state.open_items.values()}
    return tuple(sorted({item.request for item in state.items.values()} - still_open))


def _traits(fact: Contract, answered: tuple[str, ...], state: CaseState) -> frozenset[str]:
    traits = {"all_received"} if answered else set()
    if isinstance(fact, SellerMessageSent):
        traits |= {"qualifying"} if fact.qualifying else set()
        traits |= {"promises"} if fact.update_by else set()
    if isinstance(fact, SellerMessageReceived) and not state.open_facts:
        traits |= {"all_told"}
    return frozenset(traits)
