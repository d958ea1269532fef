"""What happened to a case so far, told from the fold."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from contracts.lifecycle import CaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event, and what it was about."""

    at: datetime
    what: str
    about: str | None = None


def path_so_far(state: CaseState) -> tuple[Happened, ...]:
    """Return what happened, oldest first."""
    happened = (*_steps(state), *_documents(state), *_letters_and_decisions(state), *_end(state))
    return tuple(sorted(happened, key=lambda one: one.at))


def _steps(state: CaseState) -> Iterator[Happened]:
    yield Happened(at=state.opened_at, what="case.opened", about=state.declared_type)
    for one in state.moves:
        yield Happened(at=one.at, what=one.what, about=one.about)
    if state.route is not None and not any(one.what == "case.routed" for one in state.moves):
        yield Happened(at=state.route.routed_at, what="case.routed", about=state.route.queue)
    if state.assignee is not None:
        yield Happened(at=state.assignee.at, what="case.assigned", about=state.assignee.member)
    for handoff in state.handoffs.values():
        yield Happened(at=handoff.requested_at, what="handoff.requested", about=handoff.team)


def _documents(state: CaseState) -> Iterator[Happened]:
    for id_, document in state.evidence.items():
        if document.received_at is not None:
            yield Happened(at=document.received_at, what="evidence.received", about=id_)
        if document.judged_at is not None:
            what = f"evidence.{document.judgement}"
            yield Happened(at=document.judged_at, what=what, about=id_)
    for item, point in state.checklist.items():
        what = f"checklist.item_{'completed' if point.state == 'done' else 'waived'}"
        yield Happened(at=point.at, what=what, about=item)


def _letters_and_decisions(state: CaseState) -> Iterator[Happened]:
    for id_, message in state.messages.items():
        yield Happened(at=message.sent_at, what="seller.message_sent", about=id_)
    for id_, decision in state.decisions.items():
        yield Happened(at=decision.at, what="decision.recorded", about=id_)
    for id_, appeal in state.appeals.items():
        yield Happened(at=appeal.filed_at, what="appeal.filed", about=id_)


def _end(state: CaseState) -> Iterator[Happened]:
    if state.resolved_at is not None:
        yield Happened(at=state.resolved_at, what="case.resolved", about=state.outcome)
    if state.withdrawn_at is not None:
        yield Happened(at=state.withdrawn_at, what="case.withdrawn")
    if state.closed_at is not None:
        yield Happened(at=state.closed_at, what="case.closed")
