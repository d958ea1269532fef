"""Checks of what fits by its names but makes no sense: an orphan, a circle, a promise too short."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from playbook.assets import Template
from playbook.closed import say_duration
from playbook.documents import Finding, Path
from playbook.model import Playbook
from playbook.sources import Sources
from playbook.targets import Scope, promise

RESOLUTION = "resolution"


def check_sense(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Find orphans, loops, promises that cannot be kept, regions without a letter."""
    yield from _orphan_queues(playbook, sources.file("teams"))
    yield from _loops(playbook, sources.file("escalation"))
    yield from _short_promises(playbook, sources)
    yield from _unserved_regions(playbook, sources)


def _orphan_queues(playbook: Playbook, file: str) -> Iterator[Finding]:
    routing = playbook.routing
    rows = [row for table in routing.tables for row in (*table.rows, table.default)]
    led_to = {routing.triage_queue, routing.default.queue, *(row.queue for row in rows)}
    for index, queue in enumerate(playbook.teams.queues):
        if queue.id not in led_to:
            expected = "a queue that some row of routing.yaml leads to"
            yield Finding(file, ("queues", index, "id"), expected, f"{queue.id}, an orphan")


def _loops(playbook: Playbook, file: str) -> Iterator[Finding]:
    """Each rung is higher than the one before, and goes to somebody new."""
    for index, ladder in enumerate(playbook.escalation.ladders):
        met: list[str] = []
        height = 0
        for at, rung in enumerate(ladder.rungs):
            path: Path = ("ladders", index, "rungs", at)
            if rung.level <= height:
                found = f"{rung.level} after {height}"
                yield Finding(file, (*path, "level"), "a higher level than before", found)
            if rung.role in met:
                found = f"{rung.role} again: the case would come back"
                yield Finding(file, (*path, "role"), "another role on each rung", found)
            met.append(rung.role)
            height = max(height, rung.level)


def _short_promises(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """What a partner may take must fit into what the seller was promised, whatever the case."""
    types = {code for contract in playbook.handoffs for code in contract.issue_types}
    promised = {code: _shortest(playbook, code) for code in types}
    for index, contract in enumerate(playbook.handoffs):
        for issue_type in contract.issue_types:
            shortest = promised[issue_type]
            if shortest < contract.turnaround:
                yield Finding(
                    sources.file("handoffs", index),
                    ("turnaround",),
                    f"no more than the {RESOLUTION} of {issue_type}, {say_duration(shortest)}",
                    say_duration(contract.turnaround),
                )


def _shortest(playbook: Playbook, issue_type: str) -> timedelta:
    """Ask for each severity, tier and region; demonstrations are short on purpose."""
    regions = [region.region for region in playbook.regions if not region.demonstration]
    scopes = (
        Scope(
            kind=RESOLUTION,
            issue_type=issue_type,
            severity=severity,
            tier=tier,
            region=region,
            patch=None,
        )
        for severity in playbook.severity.priority
        for tier in playbook.taxonomy.tiers
        for region in regions
    )
    return min(promise(playbook, scope) for scope in scopes)


def _unserved_regions(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """A letter that only some regions have leaves the others without one."""
    regions = {region.region: region.languages for region in playbook.regions}
    letters: dict[str, list[tuple[int, Template]]] = {}
    for index, template in enumerate(playbook.templates):
        letters.setdefault(template.id, []).append((index, template))
    for variants in letters.values():
        for region, languages in regions.items():
            if not any(_serves(template, region, languages) for _, template in variants):
                index, template = variants[0]
                yield Finding(
                    sources.file("templates", index),
                    ("regions",) if template.regions else ("language",),
                    f"the letter {template.id} for {region} in {' or '.join(languages)}",
                    "none",
                )


def _serves(template: Template, region: str, languages: Sequence[str]) -> bool:
    for_it = not template.regions or region in template.regions
    return for_it and template.language in languages


def stale_assets(playbook: Playbook, sources: Sources, today: date) -> Iterator[Finding]:
    """
    Find what is past its review date.

    Only whoever asks is told: a service must not stop on the day that a review is due.
    """
    if playbook.card.review_by < today:
        yield _stale(sources.file("card"), playbook.card.review_by)
    yield from _stale_rows(playbook, sources.file("routing"), today)
    for index, template in enumerate(playbook.templates):
        if template.review_by < today:
            yield _stale(sources.file("templates", index), template.review_by)
    for index, tree in enumerate(playbook.trees):
        if tree.review_by and tree.review_by < today:
            yield _stale(sources.file("trees", index), tree.review_by)
    for index, article in enumerate(playbook.knowledge):
        if article.review_by < today:
            yield _stale(sources.file("knowledge", index), article.review_by)


def _stale_rows(playbook: Playbook, file: str, today: date) -> Iterator[Finding]:
    for index, table in enumerate(playbook.routing.tables):
        for at, row in enumerate(table.rows):
            if row.review_by and row.review_by < today:
                yield _stale(file, row.review_by, ("tables", index, "rows", at))


def _stale(file: str, review_by: date, path: Path = ()) -> Finding:
    expected = "a review date that is still to come"
    return Finding(file, (*path, "review_by"), expected, str(review_by))
