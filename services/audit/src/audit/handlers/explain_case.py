"""Explain a case from what the log has retained of it; no other service is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from pydantic import ValidationError

from audit.domain.explanation import Explanation, explain
from audit.store import leaves
from audit.store.leaves import Logged, LoggedCase
from chassis.cloudevents import NotAnEvent, RawRecord, read_envelope
from chassis.door import Tx
from contracts.catalogue import CASES, find
from contracts.event import AnyEvent, Event

MOST: Final = 10_000
_ALL: Final = 2**62
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The explanation, and how many events could not be read for it."""

    explanation: Explanation
    events: int
    unread: int


async def explain_case(tx: Tx, case_id: str, *, case: LoggedCase) -> Explained:
    """Fold the case again. Events of an unknown type, or whose body is gone, are counted."""
    logged = await leaves.list_of_subject(
        tx, case_id, marketplace=case.marketplace, after=-1, before=_ALL, limit=MOST
    )
    events = list(_events(logged))
    return Explained(
        explanation=explain(events), events=len(logged), unread=len(logged) - len(events)
    )


def _events(logged: Sequence[Logged]) -> Iterator[tuple[int, AnyEvent]]:
    for one in logged:
        event = _event(one)
        if event:
            yield one.idx, event


def _event(one: Logged) -> AnyEvent | None:
    if one.headers is None or one.payload is None:
        return None
    record = RawRecord(
        topic=CASES,
        partition=0,
        offset=one.idx,
        key=one.subject.encode(),
        headers=one.headers,
        value=one.payload,
        timestamp_ms=0,
    )
    try:
        envelope = read_envelope(record)
        contract = find(envelope.type)
        return Event(envelope, contract.model_validate_json(one.payload)) if contract else None
    except (NotAnEvent, ValidationError) as error:
        # The log keeps what a producer said even when it breaks its contract; it explains nothing.
        _log.warning("leaf_unreadable", idx=one.idx, error=type(error).__name__)
        return None
