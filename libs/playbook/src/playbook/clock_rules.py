"""What time does: when clocks start and stop, how long they may run, what they run towards."""

from typing import Annotated, Literal

from pydantic import Field

from playbook.closed import Closed, Code, Duration
from playbook.policies import SeverityLevel

Trait = Literal["qualifying", "promises", "all_received", "all_told"]
Percent = Annotated[int, Field(ge=1, le=100)]
WaitingOn = Literal["seller", "partner", "third_party", "platform"]


class ClockTrigger(Closed):
    """An event that moves a clock, perhaps only when it has a trait."""

    event: Code
    trait: Trait | None = None


class Deadline(Closed):
    """
    A date in a case's facts that a clock runs towards, for instance the bank's last day.

    The clock runs from its start for a share of the time until that day begins or ends, in the
    zone of the case's region, through nights and weekends. A case without the date has no clock.
    """

    facts: dict[Code, Code] = Field(default_factory=dict)
    """By issue type: the fact with the date."""
    put_off: bool = False
    """Instead of a fact: the first date by which the filing said that a fact would come."""
    day: Literal["begins", "ends"] = "ends"
    """Whether the day itself still counts."""
    share: Percent = 100
    """Percent of the way after which it is too late."""
    calendar: Code
    """A calendar that is always open."""
    steps: Annotated[tuple[Percent, ...], Field(min_length=1)] = (100,)
    """Percent of that share at which somebody is told."""


class ClockRule(Closed):
    """When clocks of a kind start, stop, pause, and what their end means."""

    kind: Code
    of: Literal["case", "message", "request", "handoff", "decision"]
    ends: Literal["breach", "window"]
    """`breach`: too late · `window`: something is over, and nobody is late."""
    starts: tuple[ClockTrigger, ...]
    stops: tuple[ClockTrigger, ...]
    cancels: tuple[ClockTrigger, ...] = ()
    pauses: tuple[WaitingOn, ...] = ()
    """Whom a case waits on while the clock stands still."""
    ladder: Code | None = None
    """Who looks when it runs out."""
    deadline: Deadline | None = None
    """What it runs towards, instead of a target."""
    reminds: dict[Code | Literal["*"], Code] = Field(default_factory=dict)
    """
    By issue type, or `*`: the letter to a seller who still owes papers, at each step but the last.

    A clock of facts that were put off sends it at its end, to a seller who still owes these.
    """


class TargetRow(Closed):
    """How long a clock may run. The first row that fits wins; an empty list fits all."""

    row: Code
    clock: Code
    target: Duration
    calendar: Code
    """Id of a calendar, or `region` or `team` for the one of the case's region or team."""
    steps: Annotated[tuple[Percent, ...], Field(min_length=1)] = (100,)
    """Percent of the target at which somebody is told."""
    issue_types: tuple[Code, ...] = ()
    severities: tuple[SeverityLevel, ...] = ()
    tiers: tuple[Code, ...] = ()


class Sla(Closed):
    """The content of `sla.yaml`."""

    clocks: tuple[ClockRule, ...]
    targets: tuple[TargetRow, ...]
