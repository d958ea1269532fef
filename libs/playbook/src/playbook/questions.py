"""What a form asks: facts, why they are asked, what fills them in, and what may come later."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from playbook.closed import Closed, Code, Duration, Words
from playbook.tables import Row

SealedClass = Literal[
    "contact", "identity", "bank", "narrative", "message", "risk", "evidence_file"
]


class Deferral(Closed):
    """Why a seller may file without a required fact, and how much later it may come."""

    reasons: Annotated[tuple[Code, ...], Field(min_length=1)]
    """Codes with a text, since the form shows them."""
    within: Duration
    """Counted around the clock from the filing; the seller is told the date."""


class FactField(Closed):
    """One fact of an issue type, and the question a form asks for it."""

    name: Code
    type: Literal["identifier", "money", "code", "date", "text", "number", "flag"]
    question: Words
    why: Words | None = None
    """Why it is asked, as the seller reads it."""
    examples: tuple[Annotated[str, Field(min_length=1, max_length=120)], ...] = ()
    """What an answer looks like, in any language."""
    required: bool = False
    defer: Deferral | None = None
    """How a required fact may come later; else there is no case without it."""
    default: StrictBool | StrictInt | StrictStr | None = None
    """What a filing has that says nothing; another value needs a reason and is counted."""
    identity: bool = False
    """Part of what tells a case from another of the same seller and type."""
    amount_at_risk: bool = False
    """The amount that severity looks at."""
    reference: Code | None = None
    """What kind of number of the marketplace it is."""
    codes: tuple[Code, ...] = ()
    """The values of a fact of type `code`."""
    most: Annotated[StrictInt, Field(ge=0)] | None = None
    """The largest value of a fact of type `number`."""
    sealed_class: Annotated[SealedClass | None, Field(alias="class")] = None

    @property
    def is_restricted(self) -> bool:
        return self.sealed_class is not None


class RepeatMarks(Closed):
    """By which facts an earlier case of the same seller and type was about the same trouble."""

    marks: Annotated[tuple[Code, ...], Field(min_length=1)]
    """Clear facts that tell nothing of the subject. All known and equal: it was the same."""
    within: Duration
    """How long after the earlier case's filing."""


class Suspicion(Row):
    """A cause that is likely where the row holds, before what a single fact hints at."""

    root_cause: Code


class IncidentMarks(Closed):
    """By which facts it is seen that cases of several sellers come from one cause."""

    marks: Annotated[tuple[Code, ...], Field(min_length=1)]
    """Clear facts. All equal: a new case is put below the incident; some: a supervisor is asked."""
    within: Duration
    """How long after the incident's filing."""
    counted_by: Code | None = None
    """The number of those who are hit: such a case is an incident if the marketplace says so.
    Any other is one once it has cases below it."""
    at_least: Annotated[StrictInt, Field(ge=2)] = 2
    """From how many on."""
