"""Checks of what ends without a person: nothing severe, nothing adverse, and it can be said."""

from collections.abc import Iterator

from playbook.documents import Finding, Path
from playbook.letters import is_for
from playbook.model import Playbook
from playbook.no_touch import LOWEST
from playbook.policies import IssueType, NoTouch
from playbook.sources import Sources, need, need_each
from playbook.templates import TemplateNotFound, parameters

_DATES = frozenset({"reply_by", "update_by", "expected_by", "appeal_by"})


def check_no_touch(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    file = sources.file("taxonomy")
    types = [known.code for known in playbook.taxonomy.issue_types]
    bound = playbook.guardrails.human_decides
    yield from need_each(sources.file("guardrails"), ("human_decides",), bound, types, "issue type")
    for index, known in enumerate(playbook.taxonomy.issue_types):
        for at, row in enumerate(known.no_touch):
            path: Path = ("issue_types", index, "no_touch", at)
            yield from _check_weight(playbook, file, path, known, row)
            yield from _check_decision(playbook, file, path, known, row)
            yield from _check_letter(playbook, file, path, known, row)
            yield from _check_points(playbook, file, path, known, row)


def _check_weight(
    playbook: Playbook, file: str, path: Path, known: IssueType, row: NoTouch
) -> Iterator[Finding]:
    if row.severity != LOWEST:
        expected = f"severity `{LOWEST}`: whatever weighs more, a person looks at"
        yield Finding(file, (*path, "severity"), expected, row.severity)
    if known.code in playbook.guardrails.human_decides:
        expected = "no way without a person: guardrails.yaml says that a person decides"
        yield Finding(file, path, expected, f"{row.rule} for {known.code}")
    if not row.when:
        expected = "conditions: not every case of a type ends without a person"
        yield Finding(file, (*path, "rule"), expected, "none")
    teams = [team.id for team in playbook.teams.teams]
    yield from need(file, (*path, "owner"), row.owner, teams, "team")


def _check_decision(
    playbook: Playbook, file: str, path: Path, known: IssueType, row: NoTouch
) -> Iterator[Finding]:
    types = [one.type for one in playbook.decision_types(known.code)]
    yield from need(file, (*path, "decision"), row.decision, types, "decision")
    causes, redress = playbook.root_causes(known.code), playbook.codes.redress
    yield from need(file, (*path, "root_cause"), row.root_cause, causes, "root cause")
    yield from need(file, (*path, "redress"), row.redress, redress, "redress")
    kind = playbook.decision_type(known.code, row.decision)
    if kind is None:
        return
    yield from need_each(file, (*path, "reasons"), row.reasons, kind.reasons, "reason")
    favourable = [one.code for one in kind.outcomes if not one.adverse]
    if row.outcome not in favourable:
        expected = (
            f"an outcome that is not against the seller ({', '.join(favourable) or 'none'}), "
            "since only a person decides against one"
        )
        yield Finding(file, (*path, "outcome"), expected, row.outcome)


def _check_letter(
    playbook: Playbook, file: str, path: Path, known: IssueType, row: NoTouch
) -> Iterator[Finding]:
    """The letter is written by nobody, so the case itself has to say all that is in it."""
    fitting = {one.id for one in playbook.templates if is_for(one, known.code)}
    yield from need(file, (*path, "letter"), row.letter, fitting, "letter for this type")
    told = {name.removeprefix("facts.") for name in row.when}
    told |= {field.name for field in known.facts if field.required}
    for name, kind in _wanted(playbook, row.letter).items():
        if name not in told | _DATES and not kind.endswith("?"):
            expected = f"a condition on facts.{name}, which {row.letter} says"
            yield Finding(file, (*path, "letter"), expected, "none")


def _wanted(playbook: Playbook, letter: str) -> dict[str, str]:
    try:
        return dict(parameters(playbook, letter))
    except TemplateNotFound:
        return {}


def _check_points(
    playbook: Playbook, file: str, path: Path, known: IssueType, row: NoTouch
) -> Iterator[Finding]:
    """A point that a person or a document has to settle would stay open for ever."""
    found = {one.issue_type: one.items for one in playbook.checklists}
    points = found.get(known.code) or found.get("*", ())  # that there is one, others see to
    by_hand = [point.item for point in points if point.kind is None]
    settled = {*row.settled_by_letter, *row.settled_by_check}
    for name in ("settled_by_letter", "settled_by_check"):
        wanted = getattr(row, name)
        yield from need_each(file, (*path, name), wanted, by_hand, "point without a document")
    for point in points:
        if point.required and not point.when and point.item not in settled:
            expected = f"{point.item}, which a decision waits for"
            yield Finding(file, (*path, "settled_by_check"), expected, "none")
