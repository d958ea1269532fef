"""Checks of targets and escalation rules, of which the first that fits wins: gaps, dead rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, product
from typing import Final, TypeVar

from playbook.assets import EscalationRule
from playbook.clock_rules import TargetRow
from playbook.coverage import OTHER
from playbook.documents import Finding, Path
from playbook.escalation import Occasion, fits_occasion
from playbook.model import Playbook
from playbook.sources import Sources
from playbook.targets import Scope, fits_scope

_TIMED: Final = ("time", "promise")
_UNTIMED: Final = ("severity", "policy_conflict", "manual", "ping_pong", "letter_withdrawn")
_REACHED: Final = "a row that some case can reach"

RowT = TypeVar("RowT")
CaseT = TypeVar("CaseT")


def check_target_rows(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Every clock has a target for every case there can be, and every target has cases."""
    file = sources.file("sla")
    rows = list(enumerate(playbook.sla.targets))
    for index, rule in enumerate(playbook.sla.clocks):
        mine = [(at, row) for at, row in rows if row.clock == rule.kind]
        if rule.deadline:
            continue
        scopes = _kinds_of_case(rule.kind, mine)
        dead, left = _first_fit([row for _, row in mine], scopes, fits_scope)
        if left:
            expected = f"a target for every `{rule.kind}`"
            yield Finding(file, ("clocks", index), expected, f"none for {_tell(left[0])}")
        for dull in dead:
            at, row = mine[dull]
            found = f"{row.row}, whose cases rows above always take"
            yield Finding(file, ("targets", at), _REACHED, found)


def check_escalation_rules(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Every rule has occasions of its own. An occasion without a rule is for no ladder."""
    file, rules = sources.file("escalation"), playbook.escalation.rules
    dead, _ = _first_fit(rules, _occasions(rules), fits_occasion)
    for at in dead:
        path: Path = ("rules", at)
        found = f"{rules[at].rule}, whose occasions rules above always take"
        yield Finding(file, path, _REACHED, found)


def _first_fit(
    rows: Sequence[RowT], cases: Iterable[CaseT], fits: Callable[[RowT, CaseT], bool]
) -> tuple[list[int], list[CaseT]]:
    """Let each row take its cases from the top: the rows that get none, the cases left over."""
    left, dead = list(cases), []
    for at, row in enumerate(rows):
        rest = [case for case in left if not fits(row, case)]
        if len(rest) == len(left):
            dead.append(at)
        left = rest
    return dead, left


def _kinds_of_case(clock: str, rows: Sequence[tuple[int, TargetRow]]) -> Iterator[Scope]:
    """Tell apart what the rows tell apart, and one of everything else."""
    types = _named(row.issue_types for _, row in rows)
    severities = _named(row.severities for _, row in rows)
    tiers = _named(row.tiers for _, row in rows)
    for issue_type, severity, tier in product(types, severities, tiers):
        yield Scope(
            kind=clock,
            issue_type=issue_type,
            severity=severity,
            tier=tier,
            region=OTHER,
            patch=None,
        )


def _occasions(rules: Sequence[EscalationRule]) -> Iterator[Occasion]:
    types = _named(rule.issue_types for rule in rules)
    severities = _named(rule.severities for rule in rules)
    clocks = _named(rule.clocks for rule in rules)
    timed = product(_TIMED, types, severities, clocks)
    untimed = product(_UNTIMED, types, severities, (None,))
    for trigger, issue_type, severity, clock in chain(timed, untimed):
        yield Occasion(
            trigger=trigger,
            issue_type=issue_type,
            clock_kind=clock,
            severity=severity,
            marketplace=OTHER,
        )


def _named(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return (*dict.fromkeys(name for names in lists for name in names), OTHER)


def _tell(case: Scope) -> str:
    """Say which case it is: `issue type chargeback, severity low, tier any-other`."""
    return f"issue type {case.issue_type}, severity {case.severity}, tier {case.tier}"
