"""Checks of what a form asks: defaults and examples that fit, deferrals that make sense."""

from collections.abc import Iterator

from playbook.documents import Finding, Path
from playbook.facts import wrong_value
from playbook.model import Playbook
from playbook.questions import FactField
from playbook.sources import Sources, need_each


def check_questions(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Find defaults and examples that are no answer, and deferrals of what need not come at all."""
    file = sources.file("taxonomy")
    for at, known in enumerate(playbook.taxonomy.issue_types):
        for index, field in enumerate(known.facts):
            path: Path = ("issue_types", at, "facts", index)
            yield from _check_values(playbook, file, path, field)
            yield from _check_deferral(playbook, file, path, field)


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
