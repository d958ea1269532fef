"""What a seller may know of its case: how far it is, what we need, what happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from contracts.cases import DeferredFact
from contracts.lifecycle import CaseState
from contracts.lifecycle.state import Message
from playbook.model import Playbook
from playbook.status import history_text

Confidence: TypeAlias = Literal["low", "medium", "high"]

# Ours to do: high. Another team's: medium. Yours: low, since we cannot know when it comes.
_CONFIDENCE: Final[dict[str, Confidence]] = {
    "platform": "high",
    "partner": "medium",
    "third_party": "low",
    "seller": "low",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """When we expect the case to be resolved, as we last wrote, and how sure that is now."""

    at: datetime
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A document that we wait for."""

    item: str
    kind: str
    name: str
    why: str
    standard: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A fact that the filing put off, and by when it is wanted."""

    fact: str
    text: str
    reason: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened, in plain language."""

    at: datetime
    text: str


def needs(state: CaseState, playbook: Playbook, language: str) -> tuple[Need, ...]:
    """List what we asked for and still wait for."""
    known = {kind.kind: kind for kind in playbook.taxonomy.evidence_kinds}
    return tuple(
        Need(
            item=item,
            kind=asked.kind,
            name=known[asked.kind].name.say(language),
            why=known[asked.kind].why.say(language),
            standard=known[asked.kind].text.say(language),
            due_at=asked.due_at,
        )
        for item, asked in state.open_items.items()
        if asked.required and asked.kind in known
    )


def questions(
    deferred: Iterable[DeferredFact], playbook: Playbook, *, issue_type: str, language: str
) -> tuple[Question, ...]:
    """Put the questions of facts that are still to come, in the words of the form."""
    known = playbook.issue_type(issue_type)
    asked = ((one, known.fact(one.fact)) for one in deferred) if known else ()
    return tuple(
        Question(
            fact=one.fact,
            text=field.question.say(language),
            reason=playbook.text(one.reason, language) or one.reason,
            due_at=one.until,
        )
        for one, field in asked
        if field
    )


def next_update_by(state: CaseState) -> datetime | None:
    """Return the date that our last letter promises; None once there is nothing to wait for."""
    last = _last_message(state)
    return last.update_by if last and not state.has_ended else None


def expectation(state: CaseState) -> Expectation | None:
    """
    Return when the last letter that says so expects the end.

    How sure that is follows from whom the case waits for, and is never shown without it.
    """
    confidence = _CONFIDENCE.get(state.waiting_on)
    dates = [message.expected_by for message in _messages(state) if message.expected_by]
    if confidence is None or not dates:
        return None
    return Expectation(at=dates[-1], confidence=confidence)


def history(state: CaseState, playbook: Playbook, language: str) -> tuple[Moment, ...]:
    """Tell what happened, oldest first, as far as the playbook has words for sellers."""
    happened = sorted(_happened(state), key=lambda one: one[0])
    told = ((at, history_text(playbook, event, language)) for at, event in happened)
    return tuple(Moment(at=at, text=text) for at, text in told if text)


def incident(parent: CaseState, playbook: Playbook, language: str) -> tuple[Moment, ...]:
    """
    Tell what became of the incident that a case belongs to, oldest first.

    Its seller is another: no word of theirs, no document, no letter, no date promised to them.
    """
    told = ((at, history_text(playbook, event, language)) for at, event in sorted(_shared(parent)))
    return tuple(Moment(at=at, text=text) for at, text in told if text)


def _shared(parent: CaseState) -> Iterator[tuple[datetime, str]]:
    yield parent.opened_at, "incident.opened"
    if parent.assignee:
        yield parent.assignee.at, "incident.assigned"
    yield from ((one.requested_at, "incident.handoff") for one in parent.handoffs.values())
    if parent.resolved_at:
        yield parent.resolved_at, "incident.resolved"


def _last_message(state: CaseState) -> Message | None:
    return next(reversed(_messages(state)), None)


def _messages(state: CaseState) -> list[Message]:
    return sorted(state.messages.values(), key=lambda message: message.sent_at)


def _happened(state: CaseState) -> Iterator[tuple[datetime, str]]:
    """Read the moments off the slots, named as the events that wrote them."""
    yield state.opened_at, "case.opened"
    yield from ((one.at, one.what) for one in state.moves)
    if state.route and not any(one.what == "case.routed" for one in state.moves):
        yield state.route.routed_at, "case.routed"
    if state.assignee:
        yield state.assignee.at, "case.assigned"
    yield from _happened_to_documents(state)
    yield from ((message.sent_at, "seller.message_sent") for message in state.messages.values())
    yield from ((handoff.requested_at, "handoff.requested") for handoff in state.handoffs.values())
    yield from (
        (one.at, "decision.answered" if one.question else "decision.recorded")
        for one in state.decisions.values()
    )
    yield from ((one.filed_at, "appeal.filed") for one in state.appeals.values())
    ends = {
        "case.resolved": state.resolved_at,
        "case.closed": state.closed_at,
        "case.withdrawn": state.withdrawn_at,
    }
    yield from ((at, event) for event, at in ends.items() if at)


def _happened_to_documents(state: CaseState) -> Iterator[tuple[datetime, str]]:
    for document in state.evidence.values():
        if document.received_at:
            yield document.received_at, "evidence.received"
        if document.judgement and document.judged_at:
            yield document.judged_at, f"evidence.{document.judgement}"
