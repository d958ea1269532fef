"""What a caller tells about a case. Facts come in; nothing here decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that does not hold, with the pointer to it and the problem it asks for."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in the smallest unit of its currency."""

    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFile:
    """A document that is there already, as far as its dates are known."""

    kind: str
    issued_on: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLabel:
    """All that travels of what a model said: which model, which issue type, how sure, 0 to 1."""

    model: str
    label: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """
    All that a rule may look at.

    The channel is missing on purpose: it must not decide the route. `facts` are the clear
    ones only, as JSON values (money as an object, a date as text).
    """

    marketplace: str
    issue_type: str | None
    tier: str
    region: str
    at: date
    perspective: str = "seller"
    acting_authority: Literal["verified", "unverified"] = "verified"
    facts: Mapping[str, object] = field(default_factory=dict)
    amount_at_risk: Money | None = None
    cues: tuple[str, ...] = ()
    on_file: tuple[OnFile, ...] = ()
    arrived: tuple[str, ...] = ()
    """Kinds that nobody waits for any more: they came, or are not needed in this case."""
    text_label: TextLabel | None = None
    repeats: int = 0
    """How many earlier cases of the seller it names as the same trouble, at most 40."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a case stands, as resolution sees it: what the next action is decided from."""

    issue_type: str
    status: str
    waiting_on: str
    assigned: bool
    at: date
    checklist: Mapping[str, str] = field(default_factory=dict)
    needless: frozenset[str] = frozenset()
    """Points of the type's checklist that the facts of this case do not ask for."""
    missing: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()
    to_judge: tuple[str, ...] = ()
    withdrawn_letters: tuple[str, ...] = ()
    """Letters the seller has that were withdrawn, and nobody has decided about writing again."""
    to_write_again: tuple[str, ...] = ()
    """Those of which it was decided to write again, and nobody has."""
    letters_wait_for: str | None = None
    """The point of the checklist without which no letter says anything, while it is not done."""
    open_handoffs: tuple[str, ...] = ()
    completed_handoffs: tuple[str, ...] = ()
    untouched: bool = False
    """The seller mends it: the playbook's way without a person (`no_touch`)."""
    routing_frozen: bool = False  # it went to and fro: an arbiter decides who gets it next
    authority_level: int = 0
