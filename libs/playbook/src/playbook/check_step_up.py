"""Checks of letters that wait for a proof: it can be given, and nothing is said before it."""

from collections.abc import Iterator
from typing import Final

from playbook.assets import ChecklistRow, Template
from playbook.disclosing import StepUp
from playbook.documents import Finding, Path
from playbook.letters import is_for
from playbook.model import Playbook
from playbook.policies import IssueType
from playbook.sources import Sources, need

_SAYS_NOTHING: Final = frozenset({"update_by"})
"""What a letter may say that knows nothing of the case: when the next one comes."""


def check_step_up(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    file = sources.file("taxonomy")
    for index, known in enumerate(playbook.taxonomy.issue_types):
        for at, row in enumerate(known.step_up):
            path: Path = ("issue_types", index, "step_up", at)
            teams = [team.id for team in playbook.teams.teams]
            yield from need(file, (*path, "owner"), row.owner, teams, "team")
            yield from _check_point(playbook, file, path, known, row)
            yield from _check_letter(playbook, file, path, known, row)
            if known.no_touch:
                expected = "no way without a person (no_touch), whose letters would speak at once"
                yield Finding(file, path, expected, row.rule)


def _check_point(
    playbook: Playbook, file: str, path: Path, known: IssueType, row: StepUp
) -> Iterator[Finding]:
    """A case without the point could never be written about, nor decided."""
    found = {one.issue_type: one.items for one in playbook.checklists}
    points = {one.item: one for one in found.get(known.code) or found.get("*", ())}
    here = (*path, "point")
    yield from need(file, here, row.point, points, "point of the checklist")
    point = points.get(row.point)
    if point is not None and not _is_on_each(point, row):
        expected = "a required point that every such case has, and that no decision answers"
        yield Finding(file, here, expected, row.point)


def _is_on_each(point: ChecklistRow, row: StepUp) -> bool:
    return point.required and point.decision is None and point.when in ({}, row.when)


def _check_letter(
    playbook: Playbook, file: str, path: Path, known: IssueType, row: StepUp
) -> Iterator[Finding]:
    here = (*path, "letter")
    fitting = {one.id for one in playbook.templates if is_for(one, known.code)}
    yield from need(file, here, row.letter, fitting, "letter for this type")
    for template in playbook.templates:
        if template.id == row.letter and (told := _tells(template)):
            expected = "a letter that says nothing of the case and answers nothing"
            yield Finding(file, here, expected, f"{template.id} ({template.language}): {told}")


def _tells(template: Template) -> str | None:
    """Say what a letter gives away; None if it gives nothing away."""
    told = sorted(template.parameters.keys() - _SAYS_NOTHING)
    told += [*template.evidence_required, *template.policy_refs]
    told += ["only for some issue types"] if template.issue_types else []
    return ", ".join([*told, *(["qualifying"] if template.qualifying else [])]) or None
