"""The events of the first road, as services say them: short, whole, in order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts import cases, handoff, resolution, routing
from contracts.cases import ActingParty, EvidenceOnFile, Seller, TextSignals
from contracts.catalogue import schema_ref
from contracts.event import Contract, Envelope, Event
from contracts.lifecycle import CaseState, fold
from contracts.money import Money
from contracts.routing import Lead, Signals
from contracts.sealed import SealedValue

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def an_id(prefix: str, number: int = 1) -> str:
    return f"{prefix}_{number:026d}"


CASE = an_id("case")
MARA = an_id("mem", 7)


def sealed(class_: str = "narrative") -> SealedValue:
    return SealedValue(sealed="c2VhbGVk", key=an_id("key"), class_=class_, commitment="Y29tbWl0")


def event(
    fact: Contract,
    *,
    sequence: int = 1,
    minute: int = 0,
    subject: str = CASE,
    marketplace: str = "harbour",
    event_id: UUID | None = None,
) -> Event[Any]:
    envelope = Envelope(
        id=event_id or UUID(int=hash((type(fact).__name__, sequence)) % 2**64),
        producer=fact.producer,
        type=fact.type,
        subject=subject,
        sequence=sequence,
        time=NOON + timedelta(minutes=minute),
        schema_ref=schema_ref(type(fact)),
        correlation_id=UUID(int=1),
        marketplace=marketplace,
        playbook="marketplace-core@1.0.0",
        actor="service:test",
    )
    return Event(envelope, fact)


def a_case_opened(**changes: object) -> cases.CaseOpened:
    given: dict[str, Any] = {
        "external_ref": "HB-20931",
        "channel": "portal",
        "seller": Seller(
            id=an_id("sel"),
            key=an_id("key"),
            public_key="7cVx8kS9sUO3pYQyGSR0Tg0bMwz1ZbMVJmUQ0b0dD0w=",
            tier="smb",
            region="UK",
            language="en",
        ),
        "handle": sealed("contact"),
        "text_signals": TextSignals(playbook="marketplace-core@1.0.0", language="en", cues=()),
        "acting_party": ActingParty(kind="seller", authority="verified", assurance="front_end"),
        "issue_type": "payout_hold",
        "facts": {
            "payout_ref": "PO-88121",
            "amount": Money(amount_minor=184050, currency="GBP"),
            "hold_code": "verification_expired",
            "hold_since": "2026-11-16",
        },
        "amount_at_risk": Money(amount_minor=184050, currency="GBP"),
        "references": (cases.CaseReference(kind="payout_ref", ref="PO-88121"),),
        "subject": sealed(),
        "description": sealed(),
        "evidence_on_file": (
            EvidenceOnFile(
                evidence=an_id("evd", 1), kind="identity_document", valid_until="2031-04-01"
            ),
            EvidenceOnFile(
                evidence=an_id("evd", 2), kind="business_registration", valid_until="2026-10-31"
            ),
        ),
    }
    return cases.CaseOpened(**(given | changes))


def opened(**changes: object) -> Event[Any]:
    return event(a_case_opened(**changes))


def a_classification() -> routing.CaseClassified:
    return routing.CaseClassified(
        symptom="payout_paused",
        issue_type="payout_hold",
        root_cause_hint="verification_expired",
        authority_level=2,
        signals=Signals(financial="medium", legal="none", safety="none", policy_conflict=False),
        severity="medium",
        confidence=0.95,
        method="rule",
    )


def a_route(**changes: object) -> routing.CaseRouted:
    given: dict[str, Any] = {
        "queue": "verification",
        "team": "verification",
        "rule": "missing_verification_evidence",
        "priority": 2,
        "lead": Lead(team="verification"),
    }
    return routing.CaseRouted(**(given | changes))


def an_item(number: int, kind: str) -> resolution.RequestedItem:
    return resolution.RequestedItem(
        item=an_id("itm", number), kind=kind, standard=kind, why=f"{kind}_needed"
    )


def a_receipt(number: int, kind: str) -> cases.EvidenceReceived:
    return cases.EvidenceReceived(
        evidence=an_id("evd", number),
        kind=kind,
        size=1200,
        media_type="application/pdf",
        provenance="seller",
        file=sealed("evidence_file"),
    )


def _accepted(number: int, kind: str) -> resolution.EvidenceAccepted:
    return resolution.EvidenceAccepted(evidence=an_id("evd", number), kind=kind)


def a_message(number: int, **changes: object) -> resolution.SellerMessageSent:
    given: dict[str, Any] = {
        "message": an_id("msg", number),
        "kind": "first_response",
        "qualifying": True,
        "template": "payout_hold.first_response@1.0.0",
        "language": "en",
        "region": "UK",
        "body": sealed("message"),
        "update_by": NOON + timedelta(days=1),
    }
    return resolution.SellerMessageSent(**(given | changes))


def a_handoff_request(**changes: object) -> handoff.HandoffRequested:
    given: dict[str, Any] = {
        "handoff": an_id("hnd"),
        "contract": "finance@1.0.0",
        "digest": "0" * 64,
        "team": "finance",
        "party": "partner",
        "blocking": True,
        "attempt": 1,
        "hop": 1,
        "payload": {"hold_code": "verification_expired"},
        "payload_sha256": "0" * 64,
        "accept_by": NOON + timedelta(hours=1),
        "due_by": NOON + timedelta(hours=4),
    }
    return handoff.HandoffRequested(**(given | changes))


def _decision() -> tuple[Contract, Contract, Contract]:
    return (
        resolution.DecisionRecorded(
            decision=an_id("dec"),
            decision_type="payout_release",
            outcome="released",
            adverse=False,
            authority_level=2,
            decided_by="person",
            root_cause="verification_expired",
        ),
        a_message(2, kind="decision", template="payout_hold.decision.favourable@1.0.0"),
        resolution.CaseResolved(
            decision=an_id("dec"),
            outcome="released",
            root_cause="verification_expired",
            episode=0,
            reopen_until=NOON + timedelta(days=30),
        ),
    )


REGISTRATION, ADDRESS = "business_registration", "proof_of_address"

_FACTS: tuple[Contract, ...] = (
    a_case_opened(),
    a_classification(),
    a_route(),
    resolution.EvidenceRequested(
        request=an_id("req"),
        items=(an_item(1, REGISTRATION), an_item(2, ADDRESS)),
        due_at=NOON + timedelta(days=14),
    ),
    a_message(1),
    a_receipt(3, REGISTRATION),
    a_receipt(4, ADDRESS),
    routing.CaseAssigned(
        assignment=an_id("asg"), member=MARA, team="verification", queue="verification", lead=True
    ),
    _accepted(3, REGISTRATION),
    resolution.ChecklistItemCompleted(item="registration_valid", evidence=an_id("evd", 3)),
    _accepted(4, ADDRESS),
    resolution.ChecklistItemCompleted(item="address_proved", evidence=an_id("evd", 4)),
    a_handoff_request(),
    handoff.HandoffAccepted(handoff=an_id("hnd"), team="finance"),
    handoff.HandoffCompleted(
        handoff=an_id("hnd"), team="finance", result={"payout_released": True}
    ),
    *_decision(),
)


def numbered(facts: Sequence[Contract]) -> list[Event[Any]]:
    counts: dict[str, int] = {}
    events = []
    for minute, fact in enumerate(facts):
        counts[fact.producer] = counts.get(fact.producer, 0) + 1
        events.append(event(fact, sequence=counts[fact.producer], minute=minute))
    return events


E1: list[Event[Any]] = numbered(_FACTS)
"""The first road, by its producers: what api.md §4 lists, without the clocks."""


def fold_all(events: Sequence[Event[Any]]) -> CaseState:
    state: CaseState | None = None
    for one in events:
        state = fold(state, one).state
    assert state is not None
    return state
