"""Golden cases: the playbook's own tests, facts and what must come of them."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, JsonValue, model_validator

from playbook.closed import Closed, Code


class ExampleOnFile(Closed):
    """A document that the example's seller has on file."""

    kind: Code
    issued_on: date | None = None
    valid_until: date | None = None


class ExampleCase(Closed):
    """What is filed."""

    marketplace: Code
    issue_type: Code | None
    tier: Code
    region: Code
    language: Code
    opened_at: AwareDatetime
    perspective: Literal["buyer", "seller", "integrity"] = "seller"
    """Whose need is at stake first."""
    acting_authority: Literal["verified", "unverified"] = "verified"
    subject: str = ""
    description: str = ""
    facts: dict[Code, JsonValue] = Field(default_factory=dict)
    on_file: tuple[ExampleOnFile, ...] = ()
    repeats: Annotated[int, Field(ge=0)] = 0
    """How many earlier cases of the seller were about the same trouble."""


class Expected(Closed):
    """What must come of it. What is left out is not looked at."""

    issue_type: Code | None = None
    root_cause_hint: Code | None = None
    confidence: float | None = None
    method: Code | None = None
    severity: Code | None = None
    financial: Code | None = None
    legal: Code | None = None
    safety: Code | None = None
    policy_conflict: bool | None = None
    cues: tuple[Code, ...] | None = None
    escalations: tuple[Code, ...] | None = None
    """The rules of escalation.yaml that call somebody the moment the case is there."""
    authority_level: int | None = None
    needs_person: Code | None = None
    queue: Code | None = None
    rule: Code | None = None
    missing: tuple[Code, ...] | None = None
    next_action: Code | None = None
    checklist: dict[Code, Literal["done", "open"]] | None = None
    """Each point of the case's checklist as it starts."""
    first_message: str | None = None
    """
    The letter with the first answer in substance, and its language: `care.welcome/de`.

    Where letters wait for a proof of who reads them, the one that says nothing meanwhile.
    """
    due: dict[Code, datetime] | None = None


class Example(Closed):
    """The content of `golden/<name>.yaml`."""

    name: Code
    why: str
    case: ExampleCase
    expect: Expected


class PartCase(Closed):
    """Some of what is filed; what is left out stands elsewhere in the set."""

    marketplace: Code | None = None
    issue_type: Code | None = None
    tier: Code | None = None
    region: Code | None = None
    language: Code | None = None
    opened_at: AwareDatetime | None = None
    perspective: Literal["buyer", "seller", "integrity"] = "seller"
    """Whose need is at stake first."""
    acting_authority: Literal["verified", "unverified"] = "verified"
    subject: str = ""
    description: str = ""
    facts: dict[Code, JsonValue] = Field(default_factory=dict)
    on_file: tuple[ExampleOnFile, ...] = ()
    repeats: Annotated[int, Field(ge=0)] = 0
    """How many earlier cases of the seller were about the same trouble."""


_NEEDED = frozenset(name for name, field in ExampleCase.model_fields.items() if field.is_required())


class PartExample(Closed):
    """One case of a set: only what is special about it, and what must come of it."""

    name: Code
    why: str
    case: PartCase = PartCase()
    expect: Expected


class ExampleSet(Closed):
    """The content of `golden/sets/<name>.yaml`: cases that share most of what is filed."""

    given: PartCase
    cases: tuple[PartExample, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for case in self.cases:
            lacks = _NEEDED - self.given.model_fields_set - case.case.model_fields_set
            if lacks:
                names = ", ".join(sorted(lacks))
                raise ValueError(f"{names} in `given` or in the case {case.name}")
        return self

    @property
    def examples(self) -> tuple[Example, ...]:
        """Each case as a whole: its own facts, and for the rest what is given."""
        given = self.given.model_dump(exclude_unset=True)
        return tuple(
            Example(
                name=one.name,
                why=one.why,
                case=ExampleCase.model_validate(given | one.case.model_dump(exclude_unset=True)),
                expect=one.expect,
            )
            for one in self.cases
        )
