"""Checks of golden cases: each is told once, and files what its issue type asks for."""

from collections.abc import Iterator

from playbook.documents import Finding, Path
from playbook.examples import ExampleCase
from playbook.facts import check_facts
from playbook.model import Playbook
from playbook.sources import Sources, need


def check_golden(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """A case that no seller could file proves nothing."""
    told: set[str] = set()
    for file, path, name, case in _placed(playbook, sources):
        if name in told:
            yield Finding(file, (*path, "name"), "each golden case once", name)
        told.add(name)
        yield from _check_filing(playbook, file, (*path, "case"), case)


def _placed(playbook: Playbook, sources: Sources) -> Iterator[tuple[str, Path, str, ExampleCase]]:
    for index, one in enumerate(playbook.golden):
        yield sources.file("golden", index), (), one.name, one.case
    for index, of_set in enumerate(playbook.golden_sets):
        for at, one in enumerate(of_set.examples):
            yield sources.file("golden_sets", index), ("cases", at), one.name, one.case


def _check_filing(
    playbook: Playbook, file: str, path: Path, case: ExampleCase
) -> Iterator[Finding]:
    for problem in check_facts(playbook, case.issue_type, case.facts).errors:
        name = problem.pointer.rpartition("/")[2]
        yield Finding(
            file, (*path, "facts", name), problem.detail, str(case.facts.get(name, "none"))
        )
    kinds = [kind.kind for kind in playbook.taxonomy.evidence_kinds]
    for at, document in enumerate(case.on_file):
        here = (*path, "on_file", at, "kind")
        yield from need(file, here, document.kind, kinds, "evidence kind")
    tiers = playbook.taxonomy.tiers
    yield from need(file, (*path, "tier"), case.tier, tiers, "tier")
