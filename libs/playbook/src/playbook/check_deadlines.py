"""Checks of clocks that run towards a date in the facts: the date is there, and no hour is lost."""

from collections.abc import Iterator
from datetime import timedelta

from playbook.clock_rules import ClockRule, Deadline
from playbook.documents import Finding, Path
from playbook.model import Playbook
from playbook.sources import Sources, need

_ALL_WEEK = timedelta(days=7)


def check_deadlines(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Nobody outside waits for our opening hours, and no target stands beside a deadline."""
    file = sources.file("sla")
    for index, rule in enumerate(playbook.sla.clocks):
        if rule.deadline:
            path: Path = ("clocks", index)
            yield from _check_rule(file, path, rule)
            yield from _check_facts(playbook, file, (*path, "deadline"), rule.deadline)
            yield from _check_calendar(playbook, file, (*path, "deadline"), rule.deadline)
    towards = {rule.kind for rule in playbook.sla.clocks if rule.deadline}
    for at, row in enumerate(playbook.sla.targets):
        if row.clock in towards:
            expected = "a clock without a deadline of its own"
            yield Finding(file, ("targets", at, "clock"), expected, row.clock)


def _check_rule(file: str, path: Path, rule: ClockRule) -> Iterator[Finding]:
    if rule.of != "case":
        yield Finding(file, (*path, "of"), "case, since its facts have the date", rule.of)
    if rule.pauses:
        expected = "no pause: the date stays where it is"
        yield Finding(file, (*path, "pauses"), expected, ", ".join(rule.pauses))


def _check_facts(
    playbook: Playbook, file: str, path: Path, deadline: Deadline
) -> Iterator[Finding]:
    if bool(deadline.facts) is deadline.put_off:
        expected = "either the facts with the date, by issue type, or `put_off: true`"
        yield Finding(file, path, expected, "both" if deadline.facts else "neither")
    if deadline.put_off and deadline.steps != (100,):
        found = ", ".join(map(str, deadline.steps))
        yield Finding(file, (*path, "steps"), "no step before the end of what was put off", found)
    types = [known.code for known in playbook.taxonomy.issue_types]
    for code, name in deadline.facts.items():
        here = (*path, "facts", code)
        yield from need(file, here, code, types, "issue type")
        known = playbook.issue_type(code)
        dates = [
            field.name
            for field in (known.facts if known else ())
            if field.type == "date" and not field.is_restricted
        ]
        if known:
            yield from need(file, here, name, dates, f"clear date of {code}")


def _check_calendar(
    playbook: Playbook, file: str, path: Path, deadline: Deadline
) -> Iterator[Finding]:
    calendars = {calendar.id: calendar for calendar in playbook.calendars.calendars}
    here = (*path, "calendar")
    yield from need(file, here, deadline.calendar, calendars, "calendar")
    known = calendars.get(deadline.calendar)
    if known and not known.is_always_open:
        yield Finding(file, here, "a calendar that is always open", deadline.calendar)
