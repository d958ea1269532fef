"""Filings by the thousand, of every type, ordinary and odd, and the events that intake makes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any, Final
from uuid import UUID

from builders_contracts import a_case_opened, an_id, sealed
from contracts.cases import ActingParty, CaseOpened, EvidenceOnFile, Seller, TextSignals
from contracts.catalogue import schema_ref
from contracts.event import Envelope, Event
from contracts.money import Money
from playbook.examples import ExampleCase, ExampleOnFile
from playbook.facts import check_facts
from playbook.model import Playbook
from playbook.questions import FactField
from playbook.signals import read_text

FIRST_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
MOST: Final = 2**53 - 1
AMOUNTS: Final = (0, 1, 49_999, 50_000, 50_001, 75_000, 999_999, 1_000_000, 1_000_001, MOST)
NUMBERS: Final = (0, 1, 2, 3, 4, 5, 19, 20, 21, 300, MOST)
DATES: Final = ("0001-01-01", "2024-02-29", "2026-11-30", "9999-12-31")
IDENTIFIERS: Final = ("A", "PO-88121", "a/b:c.d_e-1", "Z" * 64)
TEXTS: Final = ("x", "Ünïcode “quoted”\n\ttabs", "日本語のテキスト", "'; drop table cases; --")
OFFSETS: Final = (0, 0, 0, -11, -5, 2, 14)


def filings(playbook: Playbook, count: int, *, seed: int) -> Iterator[ExampleCase]:
    """Make so many filings; each issue type in turn, and one that the playbook does not know."""
    random = Random(seed)
    types = [*(one.code for one in playbook.taxonomy.issue_types), "unheard_of"]
    for number in range(count):
        yield _filing(playbook, types[number % len(types)], random)


def _filing(playbook: Playbook, issue_type: str, random: Random) -> ExampleCase:
    taxonomy = playbook.taxonomy
    opened_at = _moment(random)
    return ExampleCase(
        marketplace=random.choice([one.id for one in playbook.card.marketplaces]),
        issue_type=issue_type,
        tier=random.choice([*taxonomy.tiers, "unheard_of"]),
        region=random.choice([*(one.region for one in playbook.regions), "CN"]),
        language=random.choice(["en", "de", "pt-BR"]),
        opened_at=opened_at,
        perspective=random.choice(["seller", "seller", "buyer", "integrity"]),
        acting_authority=random.choice(["verified"] * 9 + ["unverified"]),
        subject=_words(playbook, random),
        description=_words(playbook, random),
        facts=_facts(playbook, issue_type, random),
        on_file=tuple(
            _document(playbook, opened_at.astimezone(UTC).date(), random)
            for _ in range(random.randrange(5))
        ),
        repeats=random.randrange(7),
    )


def _moment(random: Random) -> datetime:
    """Choose a moment of the year, often at midnight, as some clock on earth writes it."""
    edge = timedelta(days=random.randrange(365)) + random.choice(
        [timedelta(), -timedelta(seconds=1)]
    )
    within = timedelta(seconds=random.randrange(86_400)) * random.randrange(2)
    here = timezone(timedelta(hours=random.choice(OFFSETS)))
    return (FIRST_DAY + edge + within).astimezone(here)


def _words(playbook: Playbook, random: Random) -> str:
    """Write something without a cue, with one, or with two that may contradict each other."""
    said = [random.choice(["", *TEXTS])]
    for cue in random.sample(playbook.taxonomy.cues, random.choice([0, 0, 1, 2])):
        phrases = [phrase for texts in cue.phrases.values() for phrase in texts]
        said.append(random.choice(phrases).title())
    return " / ".join(said)


def _facts(playbook: Playbook, issue_type: str, random: Random) -> dict[str, Any]:
    known = playbook.issue_type(issue_type)
    if known is None:
        return {"whatever": random.choice(TEXTS)}
    return {
        field.name: _value(playbook, field, random)
        for field in known.facts
        if field.required or random.random() < 0.6
    }


def _value(playbook: Playbook, field: FactField, random: Random) -> object:
    money = {
        "amount_minor": random.choice(AMOUNTS),
        "currency": random.choice(playbook.taxonomy.currencies),
    }
    values: dict[str, tuple[object, ...]] = {
        "identifier": IDENTIFIERS,
        "money": (money,),
        "code": field.codes,
        "date": DATES,
        "text": TEXTS,
        "number": tuple(one for one in NUMBERS if field.most is None or one <= field.most),
        "flag": (True, False),
    }
    return random.choice(values[field.type])


def _document(playbook: Playbook, today: date, random: Random) -> ExampleOnFile:
    """Choose a document that is just good enough, just too old, undated, or of no known kind."""
    kind = random.choice(playbook.taxonomy.evidence_kinds)
    age = random.choice([-1, 0, 1, kind.max_age_days or 30, (kind.max_age_days or 30) + 1])
    return ExampleOnFile(
        kind=random.choice([kind.kind] * 9 + ["unheard_of"]),
        issued_on=random.choice([None, today - timedelta(days=age)]),
        valid_until=random.choice([None, today + timedelta(days=random.choice([-1, 0, 400]))]),
    )


def event_of(playbook: Playbook, filed: ExampleCase, number: int) -> Event[CaseOpened]:
    """Say a filing as intake does: read the text, seal what is restricted, keep the rest."""
    envelope = Envelope(
        id=UUID(int=number),
        producer="intake",
        type=CaseOpened.type,
        subject=an_id("case", number),
        sequence=1,
        time=filed.opened_at.astimezone(UTC),
        schema_ref=schema_ref(CaseOpened),
        correlation_id=UUID(int=number),
        marketplace=filed.marketplace,
        playbook=playbook.pin,
        actor="service:intake",
    )
    return Event(envelope, _opened(playbook, filed))


def _opened(playbook: Playbook, filed: ExampleCase) -> CaseOpened:
    facts = check_facts(playbook, filed.issue_type, filed.facts)
    assert facts.errors == (), f"intake would refuse it: {facts.errors}"
    read = read_text(playbook, subject=filed.subject, description=filed.description)
    amount = facts.amount_at_risk
    return a_case_opened(
        seller=Seller(
            id=an_id("sel"),
            key=an_id("key"),
            public_key="7cVx8kS9sUO3pYQyGSR0Tg0bMwz1ZbMVJmUQ0b0dD0w=",
            tier=filed.tier,
            region=filed.region,
            language=filed.language,
        ),
        text_signals=TextSignals(playbook=read.playbook, language=read.language, cues=read.cues),
        acting_party=ActingParty(
            kind="seller", authority=filed.acting_authority, assurance="front_end"
        ),
        issue_type=filed.issue_type,
        perspective=filed.perspective,
        facts=facts.clear | {n: sealed(one.sealed_class) for n, one in facts.restricted.items()},
        alike=tuple(an_id("case", at) for at in range(filed.repeats)) or None,
        amount_at_risk=amount and Money(amount_minor=amount.amount_minor, currency=amount.currency),
        references=(),
        evidence_on_file=tuple(
            EvidenceOnFile(
                evidence=an_id("evd", at),
                kind=one.kind,
                issued_on=one.issued_on,
                valid_until=one.valid_until,
            )
            for at, one in enumerate(filed.on_file, start=1)
        ),
    )
