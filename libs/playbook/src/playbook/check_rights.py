"""Checks of who decides: every level of authority has a holder, every boundary names a rung."""

from collections.abc import Iterator

from playbook.documents import Finding
from playbook.model import Playbook
from playbook.sources import Sources, need, need_each, need_once


def check_rights(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Look at rights, boundaries and the council; a playbook may leave them all out."""
    yield from _check_decision_rights(playbook, sources.file("escalation"))
    yield from _check_boundaries(playbook, sources.file("escalation"))
    yield from _check_council(playbook, sources.file("escalation"))


def _check_decision_rights(playbook: Playbook, file: str) -> Iterator[Finding]:
    rights = playbook.escalation.decision_rights
    levels = [str(right.authority_level) for right in rights]
    yield from need_once(file, ("decision_rights",), levels, "level of authority")
    asked = {known.authority_level for known in playbook.taxonomy.issue_types}
    asked |= {row.authority_level for row in playbook.severity.authority}
    types = [known.decisions for known in playbook.taxonomy.issue_types]
    asked |= {one.authority_level for of_type in types for one in of_type if one.authority_level}
    held = {right.authority_level for right in rights}
    for level in sorted(asked - held) if rights else ():
        yield Finding(file, ("decision_rights",), f"a role that decides at level {level}", "none")


def _check_boundaries(playbook: Playbook, file: str) -> Iterator[Finding]:
    types = [known.code for known in playbook.taxonomy.issue_types]
    roles = {rung.role for ladder in playbook.escalation.ladders for rung in ladder.rungs}
    for at, boundary in enumerate(playbook.escalation.boundaries):
        path = ("boundaries", at)
        yield from need_each(file, (*path, "issue_types"), boundary.issue_types, types, "type")
        yield from need(file, (*path, "highest"), boundary.highest, roles, "role on a ladder")


def _check_council(playbook: Playbook, file: str) -> Iterator[Finding]:
    council = playbook.escalation.council
    if council is None:
        return
    teams = [team.id for team in playbook.teams.teams]
    yield from need_each(file, ("council", "seats"), council.seats, teams, "team")
    yield from need_once(file, ("council", "seats"), council.seats, "seat")
    if council.quorum > len(council.seats):
        expected = f"a quorum of at most {len(council.seats)}, the seats that there are"
        yield Finding(file, ("council", "quorum"), expected, str(council.quorum))
