"""A filing between form and facts: what was filled in, what was overridden, what comes later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from playbook.case import Problem
from playbook.facts import fact_problem
from playbook.model import Playbook
from playbook.policies import IssueType
from playbook.questions import FactField

Source: TypeAlias = Literal["playbook", "marketplace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultUse:
    """A fact that came filled in, and what became of that. `reason` only where it was changed."""

    fact: str
    source: Source
    overridden: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The facts of a filing, defaults included. With errors, nothing else in it counts."""

    facts: dict[str, object]
    uses: tuple[DefaultUse, ...]
    errors: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """A required fact that comes later: why, and how much later at the most."""

    fact: str
    reason: str
    within: timedelta


def fill_in(
    playbook: Playbook,
    issue_type: str | None,
    given: Mapping[str, object],
    *,
    prefilled: Mapping[str, object],
    overrides: Mapping[str, str],
) -> Filled:
    """
    Put together what the seller said and what the form had filled in (IN-12).

    What the marketplace filled in goes before what the playbook does. A fact that says something
    else is an override: allowed, for a reason of `codes.override`, and counted.
    """
    known = playbook.issue_type(issue_type)
    if known is None:
        return Filled(facts={**prefilled, **given}, uses=(), errors=())
    filled = dict(_filled(known, prefilled))
    uses = tuple(
        DefaultUse(
            fact=name,
            source=source,
            overridden=given.get(name, value) != value,
            reason=overrides.get(name),
        )
        for name, (source, value) in filled.items()
    )
    base = {name: value for name, (_, value) in filled.items()}
    return Filled(
        facts={**base, **given},
        uses=uses,
        errors=tuple(_wrong_overrides(playbook, uses, overrides)),
    )


def check_deferrals(
    playbook: Playbook,
    issue_type: str | None,
    facts: Mapping[str, object],
    deferred: Mapping[str, str],
) -> tuple[tuple[Deferred, ...], tuple[Problem, ...]]:
    """Hold what the seller wants to say later (fact → reason) against what the type allows."""
    known = playbook.issue_type(issue_type)
    fields = {field.name: field for field in known.facts} if known else {}
    problems = tuple(
        fact_problem("deferred", name, wrong)
        for name, reason in deferred.items()
        if (wrong := _wrong_deferral(fields.get(name), reason, is_given=name in facts))
    )
    if problems:
        return (), problems
    kept = tuple(
        Deferred(fact=name, reason=reason, within=allowed.within)
        for name, reason in deferred.items()
        if (allowed := fields[name].defer)
    )
    return kept, ()


def _filled(
    known: IssueType, prefilled: Mapping[str, object]
) -> Iterator[tuple[str, tuple[Source, object]]]:
    for field in known.facts:
        if field.name in prefilled:
            yield field.name, ("marketplace", prefilled[field.name])
        elif field.default is not None:
            yield field.name, ("playbook", field.default)
    for name in prefilled.keys() - {field.name for field in known.facts}:
        yield name, ("marketplace", prefilled[name])


def _wrong_overrides(
    playbook: Playbook, uses: tuple[DefaultUse, ...], overrides: Mapping[str, str]
) -> Iterator[Problem]:
    reasons = playbook.codes.override
    changed = {use.fact for use in uses if use.overridden}
    for name in sorted(changed):
        if overrides.get(name) not in reasons:
            detail = f"another value was filled in; say why, one of: {', '.join(reasons)}"
            yield fact_problem("overrides", name, detail)
    for name in sorted(overrides.keys() - changed):
        yield fact_problem("overrides", name, "nothing else was filled in there: leave it out")


def _wrong_deferral(field: FactField | None, reason: str, *, is_given: bool) -> str | None:
    if field is None or field.defer is None:
        return "this fact cannot come later"
    if is_given:
        return "the fact is given: leave this out"
    if reason not in field.defer.reasons:
        return f"one of: {', '.join(field.defer.reasons)}"
    return None
