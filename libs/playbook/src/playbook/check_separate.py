"""Checks of questions that are decided each by itself: who answers, with which words and letter."""

from collections.abc import Iterator

from playbook.assets import Checklist
from playbook.documents import Finding, Path
from playbook.model import ANY_OTHER, Playbook
from playbook.sources import Sources, need, need_once


def check_separate(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Look at each point that names a decision, and for the letter that tells all answers."""
    for index, checklist in enumerate(playbook.checklists):
        asked = [row.decision for row in checklist.items if row.decision]
        if asked:
            file = sources.file("checklists", index)
            yield from need_once(file, ("items",), asked, "question")
            yield from _check_rows(playbook, file, checklist)
            yield from _check_letter(playbook, file, checklist)


def _check_rows(playbook: Playbook, file: str, checklist: Checklist) -> Iterator[Finding]:
    types = [one.type for one in playbook.decision_types(checklist.issue_type)]
    for at, row in enumerate(checklist.items):
        if not row.decision:
            continue
        path: Path = ("items", at)
        here = (*path, "decision")
        yield from need(file, here, row.decision, types, "decision of this type")
        yield from need(file, here, row.decision, playbook.card.texts, "question with a text")
        yield from _check_outcomes(playbook, file, here, checklist.issue_type, row.decision)
        if row.kind:
            yield Finding(file, (*path, "kind"), "a question, which no document answers", row.kind)
        if not row.required:
            yield Finding(file, (*path, "required"), "a question that is answered", "false")


def _check_outcomes(
    playbook: Playbook, file: str, path: Path, issue_type: str, decision: str
) -> Iterator[Finding]:
    """An answer is said in words, whatever it is."""
    kind = playbook.decision_type(issue_type, decision)
    for outcome in kind.outcomes if kind else ():
        texts = playbook.card.texts
        yield from need(file, path, outcome.code, texts, "outcome with a text")


def _check_letter(playbook: Playbook, file: str, checklist: Checklist) -> Iterator[Finding]:
    if checklist.issue_type == ANY_OTHER:
        yield Finding(file, ("issue_type",), "questions in the checklist of one type", ANY_OTHER)
    elif playbook.templates_for(checklist.issue_type).each is None:
        yield Finding(file, ("items",), "a letter `each` in the type's templates", "none")
