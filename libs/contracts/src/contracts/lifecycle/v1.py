"""The fold, version 1: which event writes which slot. Pure; released, so it never changes."""

from contracts import cases
from contracts.event import Contract, Event
from contracts.lifecycle.state import CaseState, Folded
from contracts.lifecycle.v1_slots import WRITERS

VERSION = 1


class CaseNotOpened(Exception):
    """An event of a case whose `case.opened` this service has not seen."""


def fold(state: CaseState | None, event: Event[Contract]) -> Folded:
    """
    Write an event's slot.

    Pure: an event that no slot cares about is neutral, and events of different producers
    commute. The cursors of the inbox see to it that each is folded once.

    Raises:
        CaseNotOpened: The first event of a case must be `case.opened`.
    """
    if state is None:
        if not isinstance(event.fact, cases.CaseOpened):
            raise CaseNotOpened(event.subject)
        return Folded(_open(event, event.fact), changed=True)
    write = WRITERS.get(type(event.fact))
    if write is None:
        return Folded(state, changed=False)
    after = state.model_copy(update=write(state, event, event.fact))
    return Folded(after, changed=after != state)


def _open(event: Event[Contract], fact: cases.CaseOpened) -> CaseState:
    envelope = event.envelope
    return CaseState(
        case_id=envelope.subject,
        marketplace=envelope.marketplace or "",
        playbook=envelope.playbook or "",
        lifecycle=fact.lifecycle,
        correlation_id=envelope.correlation_id,
        opened_at=envelope.time,
        episode=fact.episode,
        external_ref=fact.external_ref,
        channel=fact.channel,
        seller=fact.seller,
        handle=fact.handle,
        text_signals=fact.text_signals,
        acting_party=fact.acting_party,
        declared_type=fact.issue_type,
        perspective=fact.perspective,
        facts=fact.facts,
        amount_at_risk=fact.amount_at_risk,
        references=fact.references,
        subject=fact.subject,
        description=fact.description,
        evidence_on_file=fact.evidence_on_file,
        parent=fact.parent,
        deferred=fact.deferred or (),
        repeats=fact.repeats or (),
        alike=fact.alike or (),
    )
