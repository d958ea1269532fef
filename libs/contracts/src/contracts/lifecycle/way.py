"""Which way a case went: what later events overwrite in other slots."""

from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

CLOSED: Final = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
"""Parts of the state are frozen, and closed, since only the fold writes them."""


class Move(BaseModel):
    """A step on the way of a case that a later one overwrites: type, queue, hands, freeze."""

    model_config = CLOSED

    at: AwareDatetime
    what: str
    about: str


class Freeze(BaseModel):
    """The case went to and fro. `decided_for`: the team that the arbiter named; it is over then."""

    model_config = CLOSED

    reason: str
    trail: tuple[str, ...]
    arbiter: str | None
    arbiter_role: str
    decided_for: str | None = None


class ChecklistPoint(BaseModel):
    """How a point of the checklist was settled."""

    model_config = CLOSED

    state: str
    at: AwareDatetime
    reason: str | None = None
    evidence: str | None = None


class Appeal(BaseModel):
    """The seller objects to decisions of the case."""

    model_config = CLOSED

    decisions: tuple[str, ...]
    ground: str
    filed_at: AwareDatetime
