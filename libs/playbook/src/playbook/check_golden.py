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


def places_of_golden(playbook: Playbook, sources: Sources) -> dict[str, str]:
    """Say where each golden case stands: `golden/sets/payouts.yaml:12:5`."""
    return {
        name: sources.place(file, (*path, "name"))
        for file, path, name, _ in _placed(playbook, sources)
    }


def _placed(playbook: Playbook, sources: Sources) -> Iterator[tuple[str, Path, str, ExampleCase]]:
    for index, one in enumerate(playbook.golden):
        yield sources.file("golden", index), (), one.name, one.case
    for index, of_set in enumerate(playbook.golden_sets):
        for at, one in enumerate(of_set.examples):
            yield sources.file("golden_sets", index), ("cases", at), one.name, one.case


def _check_filing(
    playbook: Playbook, file: str, path: Path, case: ExampleCase
) -> Iterator[Finding]:
    known = playbook.issue_type(case.issue_type)
    names = [field.name for field in known.facts] if known else []
    for problem in check_facts(playbook, case.issue_type, case.facts).errors:
        name, facts = problem.pointer.rpartition("/")[2], (*path, "facts")
        if name not in names:
            yield from need(file, (*facts, name), name, names, f"fact of {case.issue_type}")
        elif name not in case.facts:
            expected = f"the fact `{name}`, which {case.issue_type} needs"
            yield Finding(file, facts, expected, "none")
        else:
            yield Finding(file, (*facts, name), problem.detail, str(case.facts[name]))
    kinds = [kind.kind for kind in playbook.taxonomy.evidence_kinds]
    for at, document in enumerate(case.on_file):
        here = (*path, "on_file", at, "kind")
        yield from need(file, here, document.kind, kinds, "evidence kind")
    tiers = playbook.taxonomy.tiers
    yield from need(file, (*path, "tier"), case.tier, tiers, "tier")
