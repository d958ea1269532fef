"""Run a playbook's own tests: facts in, decisions out, compared with what was expected."""

from collections.abc import Iterator
from dataclasses import dataclass

from playbook.escalation import Occasion, choose_step
from playbook.examples import Example
from playbook.judgement import Judgement, due, judge
from playbook.letters import first_letter
from playbook.model import Playbook
from playbook.templates import find_template


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenResult:
    """One example, and where the playbook decides otherwise than it says."""

    name: str
    differences: tuple[str, ...]


def run(playbook: Playbook) -> tuple[GoldenResult, ...]:
    """Try every golden case. A difference is a defect of the playbook, or news for its owner."""
    return tuple(
        GoldenResult(name=example.name, differences=tuple(_differences(playbook, example)))
        for example in playbook.examples
    )


def _differences(playbook: Playbook, example: Example) -> Iterator[str]:
    found = _decide(playbook, example)
    for name in example.expect.model_fields_set:
        expected = getattr(example.expect, name)
        if found[name] != expected:
            yield f"{name}: expected {expected}, found {found[name]}"


def _decide(playbook: Playbook, example: Example) -> dict[str, object]:
    found = judge(playbook, example.case)
    seen, route = found.seen, found.route
    return {
        "issue_type": seen.issue_type,
        "root_cause_hint": seen.root_cause_hint,
        "confidence": seen.confidence,
        "method": seen.method,
        "severity": seen.severity,
        "financial": seen.signals.financial,
        "legal": seen.signals.legal,
        "safety": seen.signals.safety,
        "policy_conflict": seen.signals.policy_conflict,
        "cues": found.case.cues,
        "escalations": tuple(_escalations(playbook, found)),
        "authority_level": seen.authority_level,
        "needs_person": seen.needs_person,
        "queue": found.queue,
        "rule": route.rule if route else None,
        "missing": found.missing,
        "next_action": found.next_action.verb,
        "checklist": {item.item: item.state for item in found.checklist},
        "first_message": _first_message(playbook, example, found),
        "due": due(playbook, found, example.expect.due or {}, example.case.opened_at),
    }


def _first_message(playbook: Playbook, example: Example, found: Judgement) -> str | None:
    """Name the letter that answers, in the seller's language; none while a person classifies."""
    seen = found.seen
    if seen.issue_type is None or seen.needs_person:
        return None
    own = found.step_up or found.no_touch
    letter = find_template(
        playbook,
        own.letter if own else first_letter(playbook, seen.issue_type, found.missing),
        language=playbook.language_for(example.case.language, example.case.region),
        region=example.case.region,
    )
    return f"{letter.id}/{letter.language}"


def _escalations(playbook: Playbook, found: Judgement) -> Iterator[str]:
    """Name the rules that call somebody at once: how bad it is, or rules that contradict."""
    seen = found.seen
    for trigger in ("severity", *(("policy_conflict",) if seen.signals.policy_conflict else ())):
        step = choose_step(
            playbook,
            Occasion(
                trigger=trigger,
                issue_type=seen.issue_type,
                clock_kind=None,
                severity=seen.severity,
                marketplace=found.case.marketplace,
            ),
        )
        if step:
            yield step.rule
