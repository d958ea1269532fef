"""A day's work under a playbook: many filings judged, and who would have got them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from playbook.examples import ExampleCase
from playbook.judgement import due, judge
from playbook.model import Playbook


@dataclass(slots=True, kw_only=True)
class Load:
    """What came to whom. `promised`: business and other time until the resolution is due."""

    cases: int = 0
    queues: Counter[str] = field(default_factory=Counter)
    teams: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    triage: Counter[str] = field(default_factory=Counter)
    promised: timedelta = timedelta()


def simulate(playbook: Playbook, cases: Iterable[ExampleCase]) -> Load:
    """Judge each case and count where it goes."""
    load = Load()
    for filed in cases:
        found = judge(playbook, filed)
        load.cases += 1
        load.queues[found.queue] += 1
        load.types[found.seen.issue_type or "unknown"] += 1
        load.severities[found.seen.severity] += 1
        queue = playbook.queue(found.queue)
        load.teams[queue.team if queue else "nobody"] += 1
        if found.seen.needs_person:
            load.triage[found.seen.needs_person] += 1
        at = filed.opened_at
        load.promised += due(playbook, found, ("resolution",), at)["resolution"] - at
    return load
