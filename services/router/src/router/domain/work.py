"""Members, assignments and what a decision looks at. Pure: no clock, no database."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from playbook.case import CaseFacts, Money, OnFile, TextLabel

OFFER_LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Someone who may work here. Login and name stay in this service."""

    member: str
    login: str
    name: str
    marketplaces: tuple[str, ...]
    teams: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    authority: int = 0
    clearances: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    capacity: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A case in somebody's hands. `ended_at` is set when it leaves them or the case ends."""

    assignment: str
    marketplace: str
    case_id: str
    member: str
    team: str
    queue: str
    assigned_at: datetime
    ended_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A member is asked to take a case. `ended_at` is set by the answer, or by its absence."""

    assignment: str
    marketplace: str
    case_id: str
    member: str
    team: str
    queue: str
    offered_at: datetime
    lapses_at: datetime
    reason: str
    outcome: str | None = None
    ended_at: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCase:
    """A member claims a case."""

    case_id: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCase:
    """Ask a member to take a case."""

    case_id: str
    member: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOffer:
    """The member who was asked answers; a reason where they decline."""

    case_id: str
    member: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCase:
    """A case goes back to its queue."""

    case_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCase:
    """A member asks for the most urgent case of a queue."""

    queue: str
    member: str
    marketplaces: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What of the queues can be worked at all: of `playbooks` that are here, not `on_hold`."""

    playbooks: frozenset[str]
    on_hold: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyCase:
    """A person says what a case is about."""

    case_id: str
    issue_type: str
    reason: str


class MemberNotFound(Exception):
    """Nobody here has this id or login."""


class CaseTaken(Exception):
    """Somebody else has the case."""

    def __init__(self, member: str) -> None:
        super().__init__(member)
        self.public = {"assigned_to": member}


class OfferNotOpen(Exception):
    """The case is not offered to this member, or not any more."""


class QueueBusy(Exception):
    """All that could be taken is in somebody's hands at this very moment."""


class MemberNotSuited(Exception):
    """The member may not take this case; `lacks` says why."""

    def __init__(self, lacks: tuple[str, ...]) -> None:
        super().__init__(", ".join(lacks))
        self.public = {"lacks": list(lacks)}


def facts_of(state: CaseState, *, at: date) -> CaseFacts:
    """
    Say what the playbook may look at. Sealed facts are left out: no rule may see them.

    The channel is not among them: it never decides a route.
    """
    return CaseFacts(
        marketplace=state.marketplace,
        issue_type=state.declared_type,
        tier=state.seller.tier,
        region=state.seller.region,
        perspective=state.perspective,
        # An authority that this release does not know is none.
        acting_authority="verified" if state.acting_party.authority == "verified" else "unverified",
        facts={
            name: value.model_dump() if hasattr(value, "model_dump") else value
            for name, value in state.facts.items()
            if not isinstance(value, SealedValue)
        },
        amount_at_risk=_money(state),
        cues=state.text_signals.cues,
        repeats=len(state.repeats) + len(state.alike),
        text_label=_text_label(state),
        on_file=on_file(state),
        at=at,
    )


def _text_label(state: CaseState) -> TextLabel | None:
    said = state.text_signals.label
    if said is None:
        return None
    return TextLabel(model=said.model, label=said.label, confidence=said.confidence)


def _money(state: CaseState) -> Money | None:
    amount = state.amount_at_risk
    if amount is None:
        return None
    return Money(amount_minor=amount.amount_minor, currency=amount.currency)


def on_file(state: CaseState) -> tuple[OnFile, ...]:
    """List what the marketplace holds already."""
    return tuple(
        OnFile(kind=one.kind, issued_on=one.issued_on, valid_until=one.valid_until)
        for one in state.evidence_on_file
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a case asks of whoever takes it. `teams`: its queue's owners, the primary first."""

    marketplace: str
    teams: tuple[str, ...]
    skills: Collection[str] = ()
    clearance: Collection[str] = ()
    barred: Collection[str] = ()
    """Members who decided what is appealed."""


def what_member_lacks(member: Member, work: Work, *, load: int) -> tuple[str, ...]:
    """Say what keeps a member from taking a case: nothing, or codes in a fixed order."""
    lacking = (
        ("marketplace", work.marketplace not in member.marketplaces),
        ("team", not set(work.teams) & set(member.teams)),
        *((f"skill:{skill}", skill not in member.skills) for skill in sorted(work.skills)),
        *(
            (f"clearance:{class_}", class_ not in member.clearances)
            for class_ in sorted(work.clearance)
        ),
        ("another_decider", member.member in work.barred),
        ("capacity", load >= member.capacity),
    )
    return tuple(what for what, lacks in lacking if lacks)


def team_of(member: Member, work: Work) -> str:
    """Name the owner of the queue for which a member works: the primary, if it is theirs."""
    return next(team for team in work.teams if team in member.teams)
