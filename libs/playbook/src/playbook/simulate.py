"""A day's work under a playbook: many filings judged, and who would have got them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playbook.examples import ExampleCase
from playbook.model import Playbook
from playbook.sorting import Sorted, Sorter
from playbook.targets import Scope, targets
from playbook.timetable import Timetable

_RESOLUTION = "resolution"


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
    """Sort each case as `judge` does, without the reasons, and count where it goes."""
    filed = list(cases)
    load = Load(cases=len(filed))
    sorter = Sorter(playbook)
    promises = _Promises(playbook, min((one.opened_at for one in filed), default=None))
    teams = {queue.id: queue.team for queue in playbook.teams.queues}
    tally: Counter[Sorted] = Counter()
    for one in filed:
        seen = sorter.sort(one)
        tally[seen] += 1
        team = None if seen.needs_person else teams[seen.queue]
        load.promised += promises.until_due(one, seen, team)
    for seen, count in tally.items():
        load.queues[seen.queue] += count
        load.teams[teams[seen.queue]] += count
        load.types[seen.issue_type or "unknown"] += count
        load.severities[seen.severity] += count
        if seen.needs_person:
            load.triage[seen.needs_person] += count
    return load


class _Promises:
    """How long until a resolution is due, each target and each calendar looked up once."""

    def __init__(self, playbook: Playbook, first: datetime | None) -> None:
        self._playbook = playbook
        self._first = first
        self._targets: dict[tuple[str | None, ...], tuple[Timetable, timedelta]] = {}
        self._timetables: dict[str, Timetable] = {}

    def until_due(self, filed: ExampleCase, seen: Sorted, team: str | None) -> timedelta:
        key = (seen.issue_type, seen.severity, filed.tier, filed.region, filed.marketplace, team)
        known = self._targets.get(key)
        if known is None:
            known = self._targets[key] = self._look_up(filed, seen, team)
        timetable, duration = known
        return timetable.add(filed.opened_at, duration) - filed.opened_at

    def _look_up(
        self, filed: ExampleCase, seen: Sorted, team: str | None
    ) -> tuple[Timetable, timedelta]:
        scope = Scope(
            kind=_RESOLUTION,
            issue_type=seen.issue_type,
            severity=seen.severity,
            tier=filed.tier,
            region=filed.region,
            patch=self._playbook.patch_for(filed.marketplace),
            team=team,
        )
        target = targets(self._playbook, scope)
        timetable = self._timetables.get(target.calendar.id)
        if timetable is None:
            timetable = Timetable(target.calendar, self._first or filed.opened_at)
            self._timetables[target.calendar.id] = timetable
        return timetable, target.duration
