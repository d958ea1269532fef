"""Which rules decided a case, of which playbook, and until when each was what held."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from audit.domain.explanation import Explanation, Noted

Question = Literal["classification", "route", "decision"]

_QUESTIONS: Final[Mapping[str, Question]] = {
    "case.triage_required.v1": "classification",
    "case.classified.v1": "classification",
    "case.reclassified.v1": "classification",
    "case.routed.v1": "route",
    "case.rerouted.v1": "route",
    "decision.recorded.v1": "decision",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """
    A rule that was applied: it held from `noted.at` until the next answer to its question.

    `rules`: the rows, or the checklist that a decision had to pass; of a classification, how it
    was found: the row's conditions are in `noted.said`.
    """

    question: Question
    rules: tuple[str, ...]
    noted: Noted
    until: datetime | None

    def held_at(self, at: datetime) -> bool:
        return self.noted.at <= at and (self.until is None or at < self.until)


def applied_rules(explanation: Explanation) -> tuple[Applied, ...]:
    """List the rules that decided, in the log's order."""
    told = sorted((*explanation.rules, *explanation.decisions), key=lambda one: one.idx)
    return tuple(_applied(told))


def playbook_at(explanation: Explanation, at: datetime) -> str | None:
    """Say which version the case was pinned to at an instant; None: it was not filed yet."""
    if explanation.state is None or at < explanation.state.opened_at:
        return None
    return explanation.state.playbook


def _applied(told: Iterable[Noted]) -> Iterator[Applied]:
    ends: dict[Question, datetime] = {}
    found = []
    for noted in reversed(list(told)):
        question = _QUESTIONS[noted.type]
        found.append(
            Applied(
                question=question,
                rules=_rules(question, noted),
                noted=noted,
                until=ends.get(question),
            )
        )
        ends[question] = noted.at
    return reversed(found)


def _rules(question: Question, noted: Noted) -> tuple[str, ...]:
    match question:
        case "classification":
            return (str(noted.said.get("method") or noted.said.get("reason")),)
        case "route":
            return (str(noted.said["rule"]),)
        case "decision":
            return tuple(noted.said.get("rules", ()))
