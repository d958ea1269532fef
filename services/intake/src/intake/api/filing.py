"""What has to be done with a filing before its transaction: checked, looked up, sealed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import ids
from chassis.problems import FieldError, Invalid, VaultUnavailable
from chassis.vault import seal, tag
from contracts.cases import (
    CaseOpened,
    CaseReference,
    EvidenceOnFile,
    FactValue,
    Seller,
    SellerMessageReceived,
    TextLabel,
    TextSignals,
)
from contracts.money import Money
from contracts.sealed import SealedValue
from intake.api.bodies import NewCase
from intake.domain.filing import (
    Assurance,
    FileCase,
    NoteContact,
    SellerOnFile,
    acting_party,
)
from intake.store import sellers
from playbook.facts import FactsVerdict, check_facts
from playbook.model import Playbook, for_marketplace
from playbook.signals import read_text
from playbook.text_model import TextModel, read_label

Prepared: TypeAlias = FileCase | NoteContact


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What the caller said, checked. In clear, so it lives in this door's memory only."""

    body: NewCase
    playbook: Playbook
    facts: FactsVerdict
    assurance: Assurance
    text_model: TextModel | None = None


def check(
    body: NewCase,
    playbooks: Mapping[str, Playbook],
    *,
    assurance: Assurance,
    text_model: TextModel | None = None,
) -> Filing:
    """
    Hold a filing against the playbook that serves its marketplace.

    Raises:
        Invalid: No playbook serves it, or a fact is missing or wrong (`/facts/…`).
    """
    playbook = for_marketplace(playbooks, body.marketplace)
    if playbook is None:
        raise Invalid([FieldError("/marketplace", "not-served", "no playbook serves it")])
    facts = check_facts(playbook, body.issue_type, body.facts)
    if facts.errors:
        raise Invalid([FieldError(p.pointer, p.code, p.detail) for p in facts.errors])
    return Filing(
        body=body, playbook=playbook, facts=facts, assurance=assurance, text_model=text_model
    )


async def prepare(filing: Filing, *, engine: AsyncEngine, tag_key: bytes) -> Prepared:
    """
    Find out whose case it is and whether it is open already, then seal it to the seller.

    A new seller gets a pseudonym and a spare key here, in a short transaction of its own.

    Raises:
        VaultUnavailable: The seller is new and there is no spare key.
    """
    body = filing.body
    ref_tag = tag(tag_key, body.marketplace, body.seller.ref)
    subject_tag = _subject_tag(filing, tag_key)
    sight = await sellers.look(engine, body.marketplace, ref_tag, subject_tag)
    if sight.seller is None:
        await sellers.bind_new(engine, body.marketplace, ref_tag, now=sight.now)
        sight = await sellers.look(engine, body.marketplace, ref_tag, subject_tag)
    if sight.seller is None:
        raise VaultUnavailable
    if sight.open_case is not None:
        return _contact(filing, sight.seller, case=sight.open_case, now=sight.now)
    opened = _opened(filing, sight.seller, tag_key=tag_key, now=sight.now)
    return FileCase(
        case=opened.case,
        marketplace=body.marketplace,
        playbook=filing.playbook.pin,
        subject_tag=subject_tag,
        opened=opened.fact,
    )


def _subject_tag(filing: Filing, tag_key: bytes) -> bytes | None:
    """Mark what the case is about. Without the type's identity fact nothing is ever merged."""
    if filing.facts.identity is None:
        return None
    return tag(tag_key, filing.body.marketplace, filing.body.issue_type, filing.facts.identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    case: str
    fact: CaseOpened


def _opened(filing: Filing, seller: SellerOnFile, *, tag_key: bytes, now: datetime) -> _Opened:
    body, facts = filing.body, filing.facts
    case = ids.new_id("case", now)
    close = partial(seal, public_key=seller.public_key, key=seller.key, subject=case)
    narrative = partial(close, class_="narrative")
    delegate = body.acting_party
    fact = CaseOpened(
        external_ref=body.external_ref,
        channel=body.channel,
        seller=_seller(body, seller),
        handle=close(body.seller.ref, class_="contact"),
        text_signals=_signals(filing),
        acting_party=acting_party(
            delegate.kind if delegate else None,
            pseudonym=_delegate_id(filing, tag_key),
            assurance=filing.assurance,
        ),
        issue_type=body.issue_type,
        perspective=body.perspective,
        facts=cast("dict[str, FactValue]", facts.clear)
        | {n: close(r.value, class_=r.sealed_class) for n, r in facts.restricted.items()},
        amount_at_risk=_amount(facts),
        references=tuple(CaseReference(kind=r.kind, ref=r.ref) for r in facts.references),
        subject=narrative(body.subject) if body.subject else None,
        description=narrative(body.description) if body.description else None,
        evidence_on_file=_on_file(body, now),
    )
    return _Opened(case=case, fact=fact)


def _seller(body: NewCase, seller: SellerOnFile) -> Seller:
    return Seller(
        id=seller.seller,
        key=seller.key,
        public_key=seller.public_key,
        tier=body.seller.tier,
        region=body.seller.region,
        language=body.seller.language,
    )


def _signals(filing: Filing) -> TextSignals:
    body = filing.body
    subject, description = body.subject or "", body.description or ""
    read = read_text(filing.playbook, subject=subject, description=description)
    return TextSignals(
        playbook=read.playbook,
        language=read.language,
        cues=read.cues,
        label=_label(filing, subject=subject, description=description),
    )


def _label(filing: Filing, *, subject: str, description: str) -> TextLabel | None:
    """Ask the text model, if there is one; a type that the playbook has not is no answer."""
    if filing.text_model is None:
        return None
    said = read_label(filing.text_model, subject=subject, description=description)
    if said is None or filing.playbook.issue_type(said.label) is None:
        return None
    return TextLabel(model=said.model, label=said.label, confidence=said.confidence)


def _delegate_id(filing: Filing, tag_key: bytes) -> str | None:
    """Name a delegate without saying who it is: the same one, the same name."""
    delegate = filing.body.acting_party
    if delegate is None:
        return None
    mark = tag(tag_key, "delegate", filing.body.marketplace, delegate.kind, delegate.ref)
    return ids.from_uuid("act", UUID(bytes=mark[:16]))


def _amount(facts: FactsVerdict) -> Money | None:
    amount = facts.amount_at_risk
    if amount is None:
        return None
    return Money(amount_minor=amount.amount_minor, currency=amount.currency)


def _on_file(body: NewCase, now: datetime) -> tuple[EvidenceOnFile, ...]:
    return tuple(
        EvidenceOnFile(
            evidence=ids.new_id("evd", now),
            kind=item.kind,
            issued_on=item.issued_on,
            valid_until=item.valid_until,
        )
        for item in body.evidence_on_file
    )


def _contact(filing: Filing, seller: SellerOnFile, *, case: str, now: datetime) -> NoteContact:
    body = filing.body
    heard = SellerMessageReceived(
        message=ids.new_id("msg", now),
        channel=body.channel,
        repeated_contact=True,
        external_ref=body.external_ref,
        body=_said(body, seller, case=case),
        text_signals=_signals(filing),
    )
    return NoteContact(case=case, heard=heard)


def _said(body: NewCase, seller: SellerOnFile, *, case: str) -> SealedValue | None:
    said = {"subject": body.subject, "body": body.description}
    if not any(said.values()):
        return None
    return seal(said, public_key=seller.public_key, key=seller.key, class_="message", subject=case)
