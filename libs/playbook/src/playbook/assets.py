"""What people and paper do: ladders, contracts, checklists, templates, regions."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue

from playbook.calendar import Calendar
from playbook.closed import Closed, Code, Duration, InnerWords, Words
from playbook.policies import Authority, SeverityLevel
from playbook.questions import SealedClass
from playbook.tables import Cells

Trigger = Literal[
    "time", "severity", "policy_conflict", "manual", "ping_pong", "promise", "letter_withdrawn"
]


class Rung(Closed):
    """
    One level of a ladder: a role, and per marketplace who holds it, if it is always the same.

    A person by pseudonym (`mem_…`, as `GET /v1/members` shows it) is called while they work there.
    A login is for readers of the playbook: the services that call know none, and go by the role.
    """

    level: Annotated[int, Field(ge=1, le=9)]
    role: Code
    members: dict[Code, Code] = Field(default_factory=dict)


class Ladder(Closed):
    """Who looks, level by level."""

    id: Code
    version: int
    rungs: Annotated[tuple[Rung, ...], Field(min_length=1)]

    @property
    def pin(self) -> str:
        return f"{self.id}@{self.version}"


class EscalationRule(Closed):
    """When to climb, onto which ladder, to which level. The first rule that fits wins."""

    rule: Code
    trigger: Trigger
    ladder: Code
    level: Annotated[int, Field(ge=1, le=9)]
    reason: Code
    issue_types: tuple[Code, ...] = ()
    clocks: tuple[Code, ...] = ()
    severities: tuple[SeverityLevel, ...] = ()


class DecisionRight(Closed):
    """Who may decide what asks for a level of authority (OW-5)."""

    authority_level: Authority
    role: Code
    decides: InnerWords


class Boundary(Closed):
    """What may be escalated, to whom at the most, and what is settled on the spot (ES-7)."""

    issue_types: tuple[Code, ...]
    highest: Code
    """The highest role that looks, unless somebody gets hurt or rules contradict each other."""
    why: InnerWords


class Council(Closed):
    """Who sits together over what touches many (ES-10, GV-6)."""

    seats: Annotated[tuple[Code, ...], Field(min_length=1)]
    quorum: Annotated[int, Field(ge=1)]
    reviews: tuple[InnerWords, ...]


class Escalation(Closed):
    """The content of `escalation.yaml`."""

    ladders: tuple[Ladder, ...]
    rules: tuple[EscalationRule, ...]
    decision_rights: tuple[DecisionRight, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    council: Council | None = None


class Calendars(Closed):
    """The content of `calendars.yaml`."""

    calendars: tuple[Calendar, ...]


class ContractFile(Closed):
    """handoffs/<team>.yaml: what a partner team needs, and what it may answer."""

    team: Code
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    owner: Code
    party: Literal["partner", "third_party"]
    issue_types: tuple[Code, ...]
    accept_within: Duration
    """How long the team has to accept."""
    turnaround: Duration
    """How long it has to answer."""
    actions: Annotated[tuple[Code, ...], Field(min_length=1)]
    """What it may be asked to do."""
    return_reasons: tuple[Code, ...]
    redaction: tuple[SealedClass, ...]
    """Sealed classes that it never gets."""
    payload: dict[str, JsonValue]
    """JSON Schema of what it needs."""
    result: dict[str, JsonValue]
    """JSON Schema of what it answers; never words."""


Need = Literal["assigned", "checklist_complete", "handoff_completed"]
Verb = Literal["claim", "request_evidence", "judge_evidence", "hand_off", "decide"]


class ActionRow(Closed):
    """An action in playbook order: what it needs, and for whom it is."""

    verb: Verb
    why: Code
    text: InnerWords
    team: Code | None = None
    needs: tuple[Need, ...] = ()


class ChecklistRow(Closed):
    """
    A point that must be done or waived; one with a kind is done by accepted evidence.

    With `when` it is for those cases only whose facts, as they were filed, are like this.
    One with a `decision` is a question: only a decision of that type answers it, and the case
    ends when all its questions are answered.
    """

    item: Code
    text: InnerWords
    kind: Code | None = None
    decision: Code | None = None
    required: bool = True
    when: Cells = Field(default_factory=dict)


class Checklist(Closed):
    """The content of `checklists/<issue type>.yaml`; `*` is for types without one of their own."""

    issue_type: Code | Literal["*"]
    version: int
    items: tuple[ChecklistRow, ...]
    actions: tuple[ActionRow, ...]


ParameterType = Literal[
    "identifier",
    "identifier?",
    "date",
    "instant",
    "money",
    "integer",
    "integer?",
    "evidence_kinds",
    "code",
    "code?",
    "codes",
    "codes?",
    "article",
    "questions",
    "answers",
    "differences",
    "differences?",
]
"""
A type with `?`: empty where the case has none; `article`: a title, a text, a note.

`questions`: facts of an issue type (`payout_hold.amount`), each with its question and why.
`answers`: of each question the question, the outcome and the reasons.
`differences`: of each field its words, what the account says (`expected`) and what the paper
says (`seen`). Both are personal data: they are in the letter, which is sealed, and nowhere else.
"""
SEALED_PARAMETERS: Final[frozenset[ParameterType]] = frozenset({"differences", "differences?"})
"""Types whose values are personal data, and so are only in a letter's sealed body."""


class Template(Closed):
    """templates/<language>/<id>.md: the front matter, and below it the letter."""

    id: Code
    version: int
    language: Code
    kind: Literal["ack", "first_response", "evidence_request", "update", "decision", "appeal_info"]
    qualifying: bool
    """Counts as a first response."""
    regions: tuple[Code, ...] = ()
    """Only for these; an empty list is for all."""
    issue_types: tuple[Code, ...] = ()
    summary: str
    evidence_required: tuple[Code, ...] = ()
    """Kinds of evidence that it asks for."""
    policy_refs: tuple[Code, ...] = ()
    recommended_action: str
    owner: Code
    valid_from: date
    review_by: date
    parameters: dict[Code, ParameterType] = Field(default_factory=dict)
    subject: str
    body: str

    @property
    def pin(self) -> str:
        return f"{self.id}@{self.version}"


class ClockBound(Closed):
    """No region may leave this range."""

    clock: Code
    least: Duration
    most: Duration


class SensitiveField(Closed):
    """
    Something that a seller is asked for only as evidence of a kind, which has its standard.

    `phrases` are the words for it in each language; without a `kind` it is never asked for.
    """

    field: Code
    kind: Code | None = None
    phrases: dict[Code, tuple[str, ...]]


class Guardrails(Closed):
    """guardrails.yaml: what no region may cross."""

    demonstration_floor: Duration
    clock_bounds: tuple[ClockBound, ...]
    languages: tuple[Code, ...]
    """Every wording and every letter exists in these."""
    subject_budget: Annotated[int, Field(gt=0)]
    """Longest subject, in characters."""
    body_budget: Annotated[int, Field(gt=0)]
    """Longest letter, in characters."""
    appeal_always_offered: Literal[True]
    sensitive: tuple[SensitiveField, ...] = ()
    human_decides: tuple[Code, ...] = ()
    """Issue types that are complaints: whatever is decided, a person decides it."""


class PatchTarget(Closed):
    """A region's own target for a clock; `*` stands for every clock not named. The first wins."""

    clock: Code | Literal["*"]
    target: Duration
    issue_types: tuple[Code, ...] = ()


class Region(Closed):
    """regions/<code>.yaml: a bounded patch."""

    region: Code
    name: Words
    demonstration: bool = False
    calendar: Code
    note: Words | None = None
    """Stands below every letter to the region."""
    languages: Annotated[tuple[Code, ...], Field(min_length=1)]
    targets: tuple[PatchTarget, ...] = ()
    """Its own times, within the bounds of guardrails.yaml."""
    duties: tuple[Code, ...] = ()
    """What the law asks for here, for instance `statement_of_reasons`; each has its words."""
