"""What past tickets were about: groups, and the ten that weigh most (IN-16, IN-17)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Final

from playbook.case import CaseFacts
from playbook.classify import glance
from playbook.model import Playbook
from playbook.signals import find_cues
from playbook.tickets import Ticket

UNRECOGNISED: Final = "unrecognised"
NO_CUE: Final = "-"
TOP: Final = 10
FEWEST_DAYS: Final = 60


@dataclass(slots=True, kw_only=True)
class Tally:
    """Tickets of one kind. `run_times` in hours, of those that were closed."""

    tickets: int = 0
    reopened: int = 0
    reopens: int = 0
    handoffs: int = 0
    run_times: list[float] = field(default_factory=list)

    def add(self, ticket: Ticket) -> None:
        self.tickets += 1
        self.reopens += ticket.reopened
        self.reopened += ticket.reopened > 0
        self.handoffs += ticket.handoff
        if ticket.closed_at is not None:
            self.run_times.append((ticket.closed_at - ticket.opened_at) / timedelta(hours=1))

    @property
    def usual(self) -> float | None:
        """Half of the closed ones took no longer."""
        return round(median(self.run_times), 1) if self.run_times else None

    @property
    def long(self) -> float | None:
        """Nine of ten closed ones took no longer (nearest rank)."""
        if not self.run_times:
            return None
        ordered = sorted(self.run_times)
        return round(ordered[max(0, -(-len(ordered) * 9 // 10) - 1)], 1)

    @property
    def longest(self) -> float | None:
        return round(max(self.run_times), 1) if self.run_times else None


@dataclass(slots=True, kw_only=True)
class History:
    """All that is kept of a file of tickets: counts and hours, by issue type and by cue."""

    types: dict[str, Tally] = field(default_factory=dict)
    groups: dict[tuple[str, str], Tally] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None

    def add(self, ticket: Ticket, *, issue_type: str, cue: str) -> None:
        self.types.setdefault(issue_type, Tally()).add(ticket)
        self.groups.setdefault((issue_type, cue), Tally()).add(ticket)
        self.first = min(self.first or ticket.opened_at, ticket.opened_at)
        self.last = max(self.last or ticket.opened_at, ticket.opened_at)

    @property
    def tickets(self) -> int:
        return sum(tally.tickets for tally in self.types.values())

    @property
    def days(self) -> int:
        if self.first is None or self.last is None:
            return 0
        return (self.last - self.first).days + 1


def recognise(playbook: Playbook, ticket: Ticket, *, types: Mapping[str, str]) -> tuple[str, str]:
    """
    Say which issue type a ticket was about, and which cue its text gave first.

    Its own category counts if it is a type of the playbook, or `types` says which it is. Else the
    rules of the playbook judge by the cues of the text; where not exactly one type fits, a person
    would have to look, and the ticket stays unrecognised.
    """
    cues = find_cues(playbook, subject=ticket.subject, description=ticket.description)
    cue = cues[0] if cues else NO_CUE
    declared = types.get(ticket.issue_type, ticket.issue_type)
    if playbook.issue_type(declared):
        return declared, cue
    return glance(playbook, _case(playbook, cues)).issue_type or UNRECOGNISED, cue


def _case(playbook: Playbook, cues: tuple[str, ...]) -> CaseFacts:
    return CaseFacts(
        marketplace=playbook.card.marketplaces[0].id,
        issue_type=None,
        tier=playbook.taxonomy.tiers[0],
        region=playbook.card.default_region,
        at=date.min,
        cues=cues,
    )


def report(history: History, *, pin: str, digest: str, left_out: int) -> dict[str, Any]:
    """Make the report, ready for JSON: the same tickets, the same report."""
    shown = sorted(history.types.items(), key=lambda one: (-one[1].tickets, one[0]))
    groups = sorted(history.groups.items(), key=lambda one: (-one[1].tickets, one[0]))
    return {
        "playbook": pin,
        "source_sha256": digest,
        "tickets": history.tickets,
        "left_out": left_out,
        "first": history.first and history.first.isoformat(),
        "last": history.last and history.last.isoformat(),
        "days": history.days,
        "issue_types": [{"issue_type": code, **_shown(tally)} for code, tally in shown],
        "groups": [
            {"issue_type": code, "cue": cue, **_shown(tally)} for (code, cue), tally in groups
        ],
        "top": {
            "volume": _top(history, "tickets"),
            "run_time": _top(history, "long"),
            "reopens": _top(history, "reopens"),
        },
    }


def _top(history: History, by: str) -> list[str]:
    """Name the ten types that weigh most. What is unrecognised is no type, and weighs elsewhere."""
    weighed = [
        (getattr(tally, by) or 0, code)
        for code, tally in history.types.items()
        if code != UNRECOGNISED
    ]
    heaviest = sorted((one for one in weighed if one[0]), key=lambda one: (-one[0], one[1]))
    return [code for _, code in heaviest[:TOP]]


def _shown(tally: Tally) -> dict[str, Any]:
    return {
        "tickets": tally.tickets,
        "closed": len(tally.run_times),
        "median_hours": tally.usual,
        "p90_hours": tally.long,
        "longest_hours": tally.longest,
        "reopened": tally.reopened,
        "reopens": tally.reopens,
        "handoffs": tally.handoffs,
    }


def to_markdown(made: Mapping[str, Any]) -> Iterator[str]:
    """Write the report for people, line by line."""
    yield "# Past tickets"
    yield ""
    yield (
        f"{made['tickets']} tickets over {made['days']} days, read with {made['playbook']}; "
        f"{made['left_out']} rows left out."
    )
    if made["days"] < FEWEST_DAYS:
        yield f"Fewer than {FEWEST_DAYS} days: seasons and slow cases do not show yet."
    by_code = {one["issue_type"]: one for one in made["issue_types"]}
    for title, name in (
        ("volume", "volume"),
        ("run time (nine of ten took no longer)", "run_time"),
        ("reopenings", "reopens"),
    ):
        yield from ("", f"## The ten issue types with the most {title}", "")
        yield from _table([by_code[code] for code in made["top"][name]], ("issue_type",))
    yield from ("", "## Groups of similar tickets", "")
    yield from _table(made["groups"], ("issue_type", "cue"))


def _table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    figures = ("tickets", "median_hours", "p90_hours", "longest_hours", "reopens", "handoffs")
    heads = [name.replace("_", " ") for name in (*names, *figures)]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(names)}{'---:|' * len(figures)}"
    for row in rows:
        cells = ["" if row[name] is None else str(row[name]) for name in (*names, *figures)]
        yield f"| {' | '.join(cells)} |"
