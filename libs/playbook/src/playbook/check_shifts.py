"""Checks of owners against the hours of those they serve: someone is there when it is promised."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile
from typing import Final, TypeAlias

from playbook.calendar import Calendar, open_intervals
from playbook.documents import Finding
from playbook.model import Playbook
from playbook.sources import Sources

_LOOKED_AT: Final = timedelta(days=28)
_Spans: TypeAlias = tuple[tuple[datetime, datetime], ...]


def check_shifts(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """
    Find queues whose owners are never on shift while a region's hours run.

    The first four weeks of the playbook are looked at, holidays included. Demonstrations are
    open when nobody is.
    """
    start = datetime.combine(playbook.card.effective_from, time(), UTC)
    hours = {one.id: _spans(one, start) for one in playbook.calendars.calendars}
    file, served = sources.file("teams"), [one for one in playbook.regions if not one.demonstration]
    for index, queue in enumerate(playbook.teams.queues):
        owners = {queue.team, queue.secondary}
        shifts = [hours[team.calendar] for team in playbook.teams.teams if team.id in owners]
        for region in served:
            if not any(_meet(hours[region.calendar], shift) for shift in shifts):
                when = f"in some of the hours of {region.region} ({region.calendar})"
                found = f"none: {' and '.join(sorted(owners))} on no shift then"
                yield Finding(file, ("queues", index, "team"), f"an owner on shift {when}", found)


def _spans(calendar: Calendar, start: datetime) -> _Spans:
    end = start + _LOOKED_AT
    return tuple(takewhile(lambda span: span[0] < end, open_intervals(calendar, start)))


def _meet(hours: _Spans, shifts: _Spans) -> bool:
    return any(
        opens < ends and starts < closes for opens, closes in hours for starts, ends in shifts
    )
