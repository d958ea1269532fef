"""What a case is about, how bad it is, and whether that is sure enough to route by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from playbook.case import CaseFacts
from playbook.columns import LEVELS
from playbook.compiled import compiled
from playbook.inputs import filed_inputs
from playbook.model import Playbook
from playbook.opinion import CONFLICT, Method, Stakes, Verdict, tell_opinion, weigh_opinion
from playbook.policies import IssueType, LevelList, SeverityRow, SignalRow
from playbook.tables import Inputs, Predicate, Seen, Table

HUMAN_CONFIDENCE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Where it hurts, and how much."""

    financial: str
    legal: str
    safety: str
    policy_conflict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What it might be instead."""

    issue_type: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """The answer, with everything that led to it. `needs_person` is the reason for triage."""

    symptom: str | None
    issue_type: str | None
    root_cause_hint: str | None
    authority_level: int
    severity: str
    signals: Signals
    confidence: float
    method: Method
    alternatives: tuple[Alternative, ...]
    predicates: tuple[Predicate, ...]
    needs_person: str | None


class Glance(NamedTuple):
    """What a route needs to know of a case, and what tables saw of it."""

    issue_type: str | None
    severity: str
    authority_level: int
    signals: Signals
    needs_person: str | None
    inputs: Inputs


class _Suspected(NamedTuple):
    root_cause: str
    told: tuple[Predicate, ...]


def classify(playbook: Playbook, case: CaseFacts) -> Classification:
    """
    Hold what was declared against what the rules see.

    Both agree: sure. They contradict, or no rule of the declared type fires: a person looks.
    A declared type that has no rules or is `believed` is taken as it is. Whoever acts without
    authority goes to a person whatever the type. What a text model said is weighed last, and only
    against what others said.
    """
    inputs, rules = filed_inputs(case), compiled(playbook).rules
    fired = _fired(playbook, inputs)
    verdict = _judge(playbook, case, fired, inputs)
    looked_at = _decisive(rules, inputs, [verdict.issue_type, case.issue_type, *fired])
    predicates = (*looked_at, *tell_opinion(case.text_label, verdict.issue_type))
    return _describe(playbook, case, verdict, predicates=predicates, fired=fired)


def glance(playbook: Playbook, case: CaseFacts) -> Glance:
    """Say the same as `classify` of what a route needs, without the reasons."""
    inputs = filed_inputs(case)
    verdict = _judge(playbook, case, _fired(playbook, inputs), inputs)
    signals = _signals(playbook, inputs)
    return Glance(
        issue_type=verdict.issue_type,
        severity=_severity(playbook, signals),
        authority_level=_authority(
            playbook, playbook.issue_type(verdict.issue_type), signals, inputs
        ),
        signals=signals,
        needs_person=verdict.doubt,
        inputs=inputs,
    )


def _fired(playbook: Playbook, inputs: Inputs) -> list[str]:
    rules = compiled(playbook).rules
    return [code for code, table in rules.items() if table.rules and table.holding(inputs)]


def _judge(playbook: Playbook, case: CaseFacts, fired: Sequence[str], inputs: Inputs) -> Verdict:
    verdict = _weigh(playbook, case, fired)
    if case.text_label is not None:
        is_agreed = case.issue_type is not None and case.issue_type in fired
        stakes = _stakes(playbook, inputs)
        verdict = weigh_opinion(playbook, case.text_label, verdict, stakes, is_agreed=is_agreed)
    return _doubt_stranger(case, _doubt_unsure(playbook, verdict))


def _stakes(playbook: Playbook, inputs: Inputs) -> Stakes:
    signals = _signals(playbook, inputs)
    return Stakes(
        severity=_severity(playbook, signals),
        legal=signals.legal,
        safety=signals.safety,
        policy_conflict=signals.policy_conflict,
    )


def confirm(playbook: Playbook, case: CaseFacts, *, issue_type: str) -> Classification:
    """Take a person's word for the type; the rest is read as ever."""
    verdict = Verdict(issue_type=issue_type, confidence=HUMAN_CONFIDENCE, method="human")
    return _describe(playbook, case, verdict, predicates=(), fired=())


def _weigh(playbook: Playbook, case: CaseFacts, fired: Sequence[str]) -> Verdict:
    sure = playbook.taxonomy.confidence
    declared = playbook.issue_type(case.issue_type)
    if case.issue_type is None and len(fired) == 1:
        return Verdict(issue_type=fired[0], confidence=sure.declared_only, method="rule")
    if declared is None:
        doubt = "unknown_issue_type" if case.issue_type else None
        return Verdict(issue_type=None, confidence=sure.conflict, method="declared", doubt=doubt)
    if declared.code in fired:
        return Verdict(issue_type=declared.code, confidence=sure.agreed, method="rule")
    if fired:
        return Verdict(
            issue_type=declared.code,
            confidence=sure.conflict,
            method="declared",
            doubt=CONFLICT,
        )
    asks_for_signs = declared.rules and not declared.believed
    confidence = sure.no_rule_fired if asks_for_signs else sure.declared_only
    return Verdict(issue_type=declared.code, confidence=confidence, method="declared")


def _doubt_unsure(playbook: Playbook, verdict: Verdict) -> Verdict:
    unsure = verdict.confidence < playbook.taxonomy.confidence.bound
    return replace(verdict, doubt="low_confidence") if unsure and not verdict.doubt else verdict


def _doubt_stranger(case: CaseFacts, verdict: Verdict) -> Verdict:
    if case.acting_authority == "verified":
        return verdict
    return replace(verdict, doubt="authority_unverified")


def _decisive(
    rules: Mapping[str, Table], inputs: Inputs, types: Sequence[str | None]
) -> tuple[Predicate, ...]:
    """Tell what was looked at for the types that were in question."""
    asked = dict.fromkeys(code for code in types if code and code in rules)
    return tuple(
        predicate
        for code in asked
        for row in range(len(rules[code].rules))
        for predicate in rules[code].look_at(row, inputs)
    )


def _describe(
    playbook: Playbook,
    case: CaseFacts,
    verdict: Verdict,
    *,
    predicates: tuple[Predicate, ...],
    fired: Sequence[str],
) -> Classification:
    known = playbook.issue_type(verdict.issue_type)
    inputs = filed_inputs(case)
    signals = _signals(playbook, inputs)
    suspicion = _suspicion(playbook, known, inputs)
    return Classification(
        symptom=known.symptom if known else None,
        issue_type=verdict.issue_type,
        root_cause_hint=suspicion.root_cause if suspicion else _hint(known, case),
        authority_level=_authority(playbook, known, signals, inputs),
        severity=_severity(playbook, signals),
        signals=signals,
        confidence=verdict.confidence,
        method=verdict.method,
        alternatives=_alternatives(playbook, case, verdict, fired),
        predicates=(*predicates, *suspicion.told) if suspicion else predicates,
        needs_person=verdict.doubt,
    )


def _alternatives(
    playbook: Playbook, case: CaseFacts, verdict: Verdict, fired: Sequence[str]
) -> tuple[Alternative, ...]:
    """List what a model said first, if a person is to see it, then what rules said."""
    sure = dict.fromkeys(fired, playbook.taxonomy.confidence.conflict)
    label = case.text_label
    if label and verdict.method != "human" and playbook.issue_type(label.label):
        sure = {label.label: label.confidence} | {
            code: confidence for code, confidence in sure.items() if code != label.label
        }
    return tuple(
        Alternative(issue_type=code, confidence=confidence)
        for code, confidence in sure.items()
        if code != verdict.issue_type
    )


def _suspicion(playbook: Playbook, known: IssueType | None, inputs: Inputs) -> _Suspected | None:
    """Find the cause that the first row names, with what was seen of the case."""
    if known is None or not known.suspicions:
        return None
    table = compiled(playbook).suspicions[known.code]
    row = table.first(inputs)
    if row is None:
        return None
    return _Suspected(known.suspicions[row].root_cause, table.look_at(row, inputs))


def _hint(known: IssueType | None, case: CaseFacts) -> str | None:
    """Take the first hint in the order of the type's facts, however the case keeps them."""
    names = [field.name for field in known.facts] if known else []
    values = [str(case.facts[name]) for name in names if isinstance(case.facts.get(name), str)]
    hints = known.root_cause_hints if known else {}
    return next((hints[value] for value in values if value in hints), None)


def _signals(playbook: Playbook, inputs: Inputs) -> Signals:
    rows = playbook.severity
    return Signals(
        financial=_level(playbook, "financial", rows.financial, inputs),
        legal=_level(playbook, "legal", rows.legal, inputs),
        safety=_level(playbook, "safety", rows.safety, inputs),
        policy_conflict=bool(compiled(playbook).lists["policy_conflict"].holding(inputs)),
    )


def _level(
    playbook: Playbook, name: LevelList, rows: Sequence[SignalRow | SeverityRow], inputs: Inputs
) -> str:
    """Take the level of the first row that holds, or the highest, as the list's hit policy says."""
    table = compiled(playbook).lists[name]
    if playbook.severity.hit_policy.get(name) == "collect":
        levels = [rows[row].level for row in table.collect(inputs)]
        return max(levels, key=LEVELS.index, default=LEVELS[0])
    first = table.first(inputs)
    return LEVELS[0] if first is None else rows[first].level


def _severity(playbook: Playbook, signals: Signals) -> str:
    return _level(playbook, "severity", playbook.severity.severity, signal_inputs(signals))


def _authority(
    playbook: Playbook, known: IssueType | None, signals: Signals, inputs: Inputs
) -> int:
    table = compiled(playbook).lists["authority"]
    held = table.collect({**inputs, **signal_inputs(signals)})
    asked = [playbook.severity.authority[row].authority_level for row in held]
    return max([known.authority_level if known else 0, *asked])


def signal_inputs(signals: Signals) -> dict[str, Seen]:
    """Show signals to a table."""
    return {
        "financial": (signals.financial,),
        "legal": (signals.legal,),
        "safety": (signals.safety,),
        "policy_conflict": (str(signals.policy_conflict).lower(),),
    }
