"""Checks of what a form asks: defaults and examples that fit, deferrals and marks with sense."""

from collections.abc import Iterator, Sequence

from playbook.documents import Finding, Path
from playbook.facts import wrong_value
from playbook.model import Playbook
from playbook.policies import IssueType
from playbook.questions import FactField
from playbook.sources import Sources, need, need_each, need_once

_MARKS = ("identifier", "code", "number", "date", "flag")


def check_questions(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Find defaults and examples that are no answer, deferrals and marks that make no sense."""
    file = sources.file("taxonomy")
    for at, known in enumerate(playbook.taxonomy.issue_types):
        for index, field in enumerate(known.facts):
            path: Path = ("issue_types", at, "facts", index)
            yield from _check_values(playbook, file, path, field)
            yield from _check_deferral(playbook, file, path, field)
        yield from _check_incident(file, ("issue_types", at, "incident"), known)
        yield from _check_repeat(file, ("issue_types", at, "repeat"), known)


def _check_values(playbook: Playbook, file: str, path: Path, field: FactField) -> Iterator[Finding]:
    if field.default is not None:
        if expected := wrong_value(playbook, field, field.default):
            yield Finding(file, (*path, "default"), expected, str(field.default))
        if field.is_restricted:
            yield Finding(file, (*path, "default"), "no default for what is sealed", "one")
        if not playbook.codes.override:
            yield Finding(file, (*path, "default"), "reasons in `codes.override`", "none")
    if field.type in {"identifier", "date", "code"}:
        for index, example in enumerate(field.examples):
            if expected := wrong_value(playbook, field, example):
                yield Finding(file, (*path, "examples", index), expected, example)


def _check_deferral(
    playbook: Playbook, file: str, path: Path, field: FactField
) -> Iterator[Finding]:
    if field.defer is None:
        return
    if not field.required:
        yield Finding(file, (*path, "defer"), "`required`, since only that is waited for", "none")
    here = (*path, "defer", "reasons")
    yield from need_each(file, here, field.defer.reasons, playbook.card.texts, "code with a text")


def _check_incident(file: str, path: Path, known: IssueType) -> Iterator[Finding]:
    rule = known.incident
    if rule is None:
        return
    yield from _check_marks(file, path, known, rule.marks)
    numbers = [field.name for field in known.facts if field.type == "number"]
    if rule.counted_by is not None:
        here = (*path, "counted_by")
        yield from need(file, here, rule.counted_by, numbers, "number of the type")


def _check_repeat(file: str, path: Path, known: IssueType) -> Iterator[Finding]:
    if known.repeat is not None:
        yield from _check_marks(file, path, known, known.repeat.marks)


def _check_marks(
    file: str, path: Path, known: IssueType, marks: Sequence[str]
) -> Iterator[Finding]:
    names = {field.name: field for field in known.facts}
    yield from need_each(file, (*path, "marks"), marks, names, "fact of the type")
    yield from need_once(file, (*path, "marks"), marks, "mark")
    for index, mark in enumerate(marks):
        if (field := names.get(mark)) and (expected := _no_mark(field)):
            yield Finding(file, (*path, "marks", index), expected, mark)


def _no_mark(field: FactField) -> str | None:
    """Say what a mark has to be, if this fact cannot be one."""
    if field.is_restricted or field.type not in _MARKS:
        return f"a fact that is not sealed, of type {', '.join(_MARKS)}"
    return "a fact that several cases can share" if field.identity else None
