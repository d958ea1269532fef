"""How a case is understood and routed: taxonomy, teams, severity, routing."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field

from playbook.closed import Closed, Code, Duration, InnerWords, Words
from playbook.disclosing import StepUp
from playbook.questions import FactField, IncidentMarks, RepeatMarks, SealedClass, Suspicion
from playbook.tables import Row

SignalLevel = Literal["low", "medium", "high"]
SeverityLevel = Literal["low", "medium", "high", "critical"]
Authority = Annotated[int, Field(ge=0, le=4)]


class Cue(Closed):
    """Phrases of a language that point to something. Only the id ever leaves the door."""

    id: Code
    phrases: dict[Code, tuple[str, ...]]
    """By language, looked for as whole words."""


class EvidenceKind(Closed):
    """A kind of document, why it is asked for, and what will be accepted."""

    kind: Code
    name: Words
    why: Words
    text: Words
    issued_on: bool = False
    """The date of issue must be given."""
    valid_until: bool = False
    """The last day of validity must be given."""
    max_age_days: Annotated[int | None, Field(gt=0)] = None
    media_types: tuple[str, ...]


class Outcome(Closed):
    """How a decision can end, and whether that goes against the seller."""

    code: Code
    adverse: bool


class DecisionType(Closed):
    """What can be decided, with its outcomes and the reasons that may be given."""

    type: Code
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1)]
    reasons: Annotated[tuple[Code, ...], Field(min_length=1)]
    authority_level: Authority | None = None
    """Who may decide this, where it takes more than the case asks for."""
    letter: Code | None = None
    """What tells it whatever the outcome, where the letters of the issue type do not fit."""


class TemplateSet(Closed):
    """Which template says what for an issue type."""

    first_response: Code
    update: Code
    favourable: Code
    adverse: Code
    each: Code | None = None
    """Tells the answers to all questions of a case, each with its own reasons."""


class Silence(Closed):
    """How a case ends whose seller does not answer a request. A type without it waits for ever."""

    outcome: Code
    root_cause: Code


class NoTouch(Row):
    """
    A way to the end of a case that takes no person: the seller mends what a notice names.

    For cases whose facts, as they were filed, are like `when`, which are of the lowest severity
    and without any signal. Never against the seller: that, only a person decides.
    """

    severity: SeverityLevel = "low"
    """The most that such a case may be."""
    letter: Code
    """Says the rule, the field and the fix; written as soon as the case is routed."""
    settled_by_letter: tuple[Code, ...] = ()
    """Points of the checklist that the letter settles."""
    settled_by_check: tuple[Code, ...] = ()
    """Points that are settled once the marketplace says that its new check passes."""
    decision: Code
    """The type of the decision that then ends the case."""
    outcome: Code
    root_cause: Code
    reasons: Annotated[tuple[Code, ...], Field(min_length=1)]
    redress: Code
    owner: Code
    """The team that answers for this row."""


class TypicalPath(Closed):
    """What a case of this type usually goes through (SC-11)."""

    duration: Words
    steps: tuple[Code, ...]


class IssueType(Closed):
    """One kind of issue: by symptom, by possible causes, by the authority it needs."""

    code: Code
    family: Code
    name: Words
    symptom: Code
    authority_level: Authority
    perspectives: tuple[Literal["buyer", "seller", "integrity"], ...]
    believed: bool = False
    """A seller who chooses this type needs no sign of it; signs of another type still count."""
    root_causes: tuple[Code, ...] = ()
    root_cause_hints: dict[Code, Code] = Field(default_factory=dict)
    """By the value of a fact: the cause that it hints at."""
    suspicions: tuple[Suspicion, ...] = ()
    """The first row that holds names the likely cause, before any hint."""
    facts: tuple[FactField, ...] = ()
    evidence: tuple[Code, ...] = ()
    repeat_window: Duration | None = None
    """How long after its filing an ended case on the same subject is named by a new one."""
    repeat: RepeatMarks | None = None
    """How a new case finds the same trouble on another subject; without it none is named."""
    incident: IncidentMarks | None = None
    """How a new case finds the incident that it belongs to; without it a supervisor links."""
    rules: tuple[Row, ...] = ()
    """Any that holds says that a case is of this type."""
    automatic: tuple[Literal["request_missing_evidence"], ...] = ()
    decisions: tuple[DecisionType, ...] = ()
    templates: TemplateSet | None = None
    no_touch: tuple[NoTouch, ...] = ()
    """Cases that end without a person; the first row that holds counts."""
    step_up: tuple[StepUp, ...] = ()
    """Cases of which letters say nothing before it is proven who reads them; first row counts."""
    silence: Silence | None = None
    """What follows when the seller does not answer; without it nothing does."""
    policy_refs: tuple[Code, ...] = ()
    typical_path: TypicalPath | None = None

    def fact(self, name: str) -> FactField | None:
        return next((field for field in self.facts if field.name == name), None)


class Confidence(Closed):
    """How sure a classification is, and from where on it may route by itself."""

    agreed: float
    """A rule agrees with what was declared."""
    conflict: float
    """Rules of other types speak against it."""
    no_rule_fired: float
    """The type has rules and none holds."""
    declared_only: float
    """Only one source speaks."""
    bound: float
    """Below it a person classifies."""


class Family(Closed):
    """A group of issue types under one owner of templates and rules."""

    code: Code
    name: Words
    owner: Code


class Defaults(Closed):
    """What an issue type has that says nothing of its own."""

    root_causes: tuple[Code, ...]
    decisions: tuple[DecisionType, ...]
    templates: TemplateSet


class Taxonomy(Closed):
    """The content of `taxonomy.yaml`."""

    currencies: Annotated[tuple[Code, ...], Field(min_length=1)]
    tiers: Annotated[tuple[Code, ...], Field(min_length=1)]
    families: tuple[Family, ...]
    confidence: Confidence
    cues: tuple[Cue, ...]
    stop_words: dict[Code, tuple[str, ...]]
    evidence_kinds: tuple[EvidenceKind, ...]
    defaults: Defaults
    issue_types: tuple[IssueType, ...]


class Team(Closed):
    """People who own work together. A partner team works under a handoff contract."""

    id: Code
    name: Words
    kind: Literal["platform", "partner"]
    calendar: Code


class Queue(Closed):
    """Where cases wait: the primary owner leads, the secondary helps out."""

    id: Code
    team: Code
    secondary: Code
    """The team that helps out at peaks and in absence."""
    skills: tuple[Code, ...] = ()
    """What a member must be able to do."""
    clearance: tuple[SealedClass, ...] = ()
    """Sealed classes that a member must be allowed to open."""


class Teams(Closed):
    """The content of `teams.yaml`."""

    teams: tuple[Team, ...]
    queues: tuple[Queue, ...]


class SignalRow(Row):
    """Gives a signal its level; the first row that holds wins."""

    level: SignalLevel


class SeverityRow(Row):
    """Gives a case its severity; the first row that holds wins."""

    level: SeverityLevel


class AuthorityRow(Row):
    """Asks for more authority than the issue type does by itself, by signals and by facts."""

    authority_level: Authority


LevelList = Literal["financial", "legal", "safety", "severity"]
LEVEL_LISTS: Final[tuple[LevelList, ...]] = ("financial", "legal", "safety", "severity")


class Severity(Closed):
    """
    The content of `severity.yaml`.

    `hit_policy` by list: `first`, as of one that is not named, takes the level of the first row
    that holds; `collect` the highest of all that hold, whatever their order.
    """

    financial: tuple[SignalRow, ...]
    legal: tuple[SignalRow, ...]
    safety: tuple[SignalRow, ...]
    policy_conflict: tuple[Row, ...]
    severity: tuple[SeverityRow, ...]
    authority: tuple[AuthorityRow, ...]
    hit_policy: dict[LevelList, Literal["first", "collect"]] = Field(default_factory=dict)
    priority: dict[SeverityLevel, Annotated[int, Field(ge=0, le=9)]]


class RouteRow(Row):
    """Sends a case to a queue, for a reason, under an owner."""

    queue: Code
    reason: InnerWords
    owner: Code
    """The team that answers for this row."""
    rank: Annotated[int, Field(ge=0, le=99)] = 0
    """Under `priority`, the lowest that holds wins."""
    review_by: date | None = None


class RoutingTable(Closed):
    """
    The rows for some issue types, then the default.

    `first`: the first that holds wins · `unique`: the loader has seen that never two hold ·
    `priority`: of those that hold the one with the lowest `rank`, then the first.
    """

    issue_types: tuple[Code, ...]
    hit_policy: Literal["first", "unique", "priority"]
    rows: tuple[RouteRow, ...]
    default: RouteRow
    when_complete: tuple[Code, ...] = ()
    """Rules to whose queue a case moves by itself once its last missing document has come."""


class Routing(Closed):
    """The content of `routing.yaml`."""

    triage_queue: Code
    tables: tuple[RoutingTable, ...]
    default: RouteRow
