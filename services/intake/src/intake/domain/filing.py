"""A seller's case as it is filed, and the same seller coming back about it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias

from contracts.cases import CaseOpened, FactValue, SellerMessageReceived
from contracts.lifecycle import CaseState
from contracts.money import Money
from playbook.questions import IncidentMarks

Assurance: TypeAlias = Literal["front_end", "token"]
Delegate: TypeAlias = Literal["employee", "agency", "other"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a seller is to its marketplace: clocks, urgency and a region's duties hang on it."""

    tier: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerOnFile:
    """
    A seller by pseudonym, with the public key that its values are sealed to.

    `standing`: as the marketplace said it last; None until it has.
    """

    seller: str
    key: str
    public_key: str
    standing: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCase:
    """A seller's case is handed in: everything restricted is sealed, everything slow is done."""

    case: str
    marketplace: str
    playbook: str
    subject_tag: bytes | None
    opened: CaseOpened
    likeness: bytes | None = None
    """What makes it the same trouble as another case of the seller, whatever the subject."""
    marks: Mapping[str, str] | None = None
    """What tells its incident, if its type has such marks."""
    declares: IncidentMarks | None = None
    """By what others are seen to belong to it, if it is an incident itself."""


def alone(command: FileCase) -> FileCase:
    """File the case by itself: the incident that it matched has ended, or went below another."""
    left = tuple(one for one in command.opened.matched or () if one.other)
    opened = command.opened.model_copy(update={"parent": None, "matched": left or None})
    return replace(command, opened=opened)


def without(command: FileCase, unfiled: Collection[str]) -> FileCase:
    """Forget cases that a filing saw in its own chunk, and that were not filed after all."""
    opened = command.opened
    left = {
        "alike": tuple(one for one in opened.alike or () if one not in unfiled) or None,
        "matched": tuple(one for one in opened.matched or () if one.incident not in unfiled)
        or None,
        "parent": None if opened.parent in unfiled else opened.parent,
    }
    return replace(command, opened=opened.model_copy(update=left))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteContact:
    """
    The seller filed again what is open already.

    Of its facts only those count that the first filing had put off.
    """

    case: str
    heard: SellerMessageReceived
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    amount_at_risk: Money | None = None

    def heard_by(self, state: CaseState) -> SellerMessageReceived:
        """Say what the case hears: nobody asks again for what the seller has just told."""
        wanted = {one.fact for one in state.open_facts}
        brought = {name: value for name, value in self.facts.items() if name in wanted}
        if not brought:
            return self.heard
        amount = self.amount_at_risk if state.amount_at_risk is None else None
        told = {"facts": brought, "amount_at_risk": amount}
        return SellerMessageReceived.model_validate({**dict(self.heard), **told})


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledCase:
    """A case as filed, with its status as far as this service has heard."""

    id: str
    marketplace: str
    external_ref: str | None
    seller: str
    issue_type: str
    status: str
    playbook: str
    opened_at: datetime


class AlreadyFiled(Exception):
    """
    The marketplace's own id of the case is on file, under another idempotency key.

    `seller`: whose case that is, by pseudonym; another seller is not told which.
    """

    def __init__(self, existing: str, *, seller: str | None = None) -> None:
        super().__init__(existing)
        self.existing, self.seller = existing, seller
        self.public = {"existing": existing}

    def to_others(self) -> "AlreadyFiled":
        """Say the same without naming the case."""
        said = AlreadyFiled(self.existing)
        said.public = {}
        return said


class SubjectTaken(Exception):
    """Another filing on the same subject, or an erasure, was a moment faster: look again."""


class CaseHasEnded(Exception):
    """The open case on this subject ended a moment ago: look again."""
