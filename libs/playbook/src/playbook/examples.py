"""Golden cases: the playbook's own tests, facts and what must come of them."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field, JsonValue

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
    opened_at: datetime
    acting_authority: Literal["verified", "unverified"] = "verified"
    subject: str = ""
    description: str = ""
    facts: dict[Code, JsonValue] = Field(default_factory=dict)
    on_file: tuple[ExampleOnFile, ...] = ()


class Expected(Closed):
    """What must come of it. What is left out is not looked at."""

    issue_type: Code | None = None
    root_cause_hint: Code | None = None
    confidence: float | None = None
    method: Code | None = None
    severity: Code | None = None
    financial: Code | None = None
    authority_level: int | None = None
    needs_person: Code | None = None
    queue: Code | None = None
    rule: Code | None = None
    missing: tuple[Code, ...] | None = None
    next_action: Code | None = None
    due: dict[Code, datetime] | None = None


class Example(Closed):
    """The content of `golden/<name>.yaml`."""

    name: Code
    why: str
    case: ExampleCase
    expect: Expected
