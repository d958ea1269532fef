"""What has to be done with a filing before its transaction: checked, looked up, sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import ids
from chassis.problems import FieldError, Invalid, VaultUnavailable
from chassis.vault import seal, tag
from contracts.cases import (
    ActingParty,
    CaseOpened,
    CaseReference,
    Seller,
    SellerMessageReceived,
    TextSignals,
)
from contracts.sealed import SealedValue
from intake.api.belonging import Belonging
from intake.api.bodies import NewCase
from intake.api.chunk_mates import ALONE, Mates
from intake.api.delegates import name_delegate
from intake.api.given_facts import amount_of, default_uses, deferred_facts, sealed_facts
from intake.api.papers import papers_on_file
from intake.api.text_signals import signals_of
from intake.domain.authority import Grant, acting_party
from intake.domain.filing import Assurance, FileCase, NoteContact, SellerOnFile, Standing
from intake.store import authorities, sellers
from intake.store.sellers import Sight, Told
from playbook import filling
from playbook.case import Problem
from playbook.facts import FactsVerdict, check_facts
from playbook.model import Playbook, for_marketplace
from playbook.text_model import TextModel

Prepared: TypeAlias = FileCase | NoteContact


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What the caller said, checked. In clear, so it lives in this door's memory only."""

    body: NewCase
    playbook: Playbook
    facts: FactsVerdict
    uses: tuple[filling.DefaultUse, ...]
    deferred: tuple[filling.Deferred, ...]
    assurance: Assurance
    stated: Standing | None
    """What the marketplace says of the seller; of what a seller says of itself, nothing."""
    text_model: TextModel | None = None

    @property
    def belonging(self) -> Belonging:
        return Belonging(playbook=self.playbook, issue_type=self.body.issue_type, facts=self.facts)


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
        Invalid: No playbook serves it, a front-end leaves out what the seller is to it, or a fact
            is missing or wrong (`/facts/…`), cannot come later (`/deferred/…`) or was overridden
            without a reason (`/overrides/…`).
    """
    stated = _stated(body) if assurance == "front_end" else None
    playbook = for_marketplace(playbooks, body.marketplace)
    if playbook is None:
        raise Invalid([FieldError("/marketplace", "not-served", "no playbook serves it")])
    filled = filling.fill_in(
        playbook,
        body.issue_type,
        body.facts,
        prefilled=body.prefilled,
        overrides=body.overrides,
    )
    facts = check_facts(playbook, body.issue_type, filled.facts, later=body.deferred)
    deferred, problems = filling.check_deferrals(
        playbook, body.issue_type, filled.facts, body.deferred
    )
    if errors := (*filled.errors, *facts.errors, *problems):
        raise Invalid([FieldError(_pointer(p, body), p.code, p.detail) for p in errors])
    return Filing(
        body=body,
        playbook=playbook,
        facts=facts,
        uses=filled.uses,
        deferred=deferred,
        assurance=assurance,
        stated=stated,
        text_model=text_model,
    )


def _stated(body: NewCase) -> Standing:
    said = {"tier": body.seller.tier, "region": body.seller.region}
    if missing := [name for name, value in said.items() if value is None]:
        detail = "say what the seller is to the marketplace"
        raise Invalid([FieldError(f"/seller/{name}", "missing", detail) for name in missing])
    return Standing(tier=body.seller.tier or "", region=body.seller.region or "")


def _pointer(problem: Problem, body: NewCase) -> str:
    """Point at where the fact stands: what the form had filled in is no answer of the seller's."""
    member, _, name = problem.pointer.removeprefix("/").partition("/")
    is_filled_in = member == "facts" and name in body.prefilled.keys() - body.facts.keys()
    return f"/prefilled/{name}" if is_filled_in else problem.pointer


async def prepare(
    filing: Filing, *, engine: AsyncEngine, tag_key: bytes, mates: Mates = ALONE
) -> Prepared:
    """
    Find out whose case it is and whether it is open already, then seal it to the seller.

    `mates` come before it in the same chunk of a batch. A new seller gets a pseudonym and a
    spare key here, in a short transaction of its own.

    Raises:
        VaultUnavailable: The seller is new and there is no spare key.
    """
    body = filing.body
    ref_tag = tag(tag_key, body.marketplace, body.seller.ref)
    told = Told(subject=_subject_tag(filing, tag_key), likeness=filing.belonging.likeness(tag_key))
    windows = filing.belonging.windows(looks=body.parent is None)
    look = partial(
        sellers.look,
        engine,
        body.marketplace,
        ref_tag,
        told,
        windows=windows,
    )
    sight = await look()
    if sight.seller is None:
        await sellers.bind_new(
            engine, body.marketplace, ref_tag, standing=filing.stated, now=sight.now
        )
        sight = await look()
    if sight.seller is None:
        raise VaultUnavailable
    if filing.stated and filing.stated != sight.seller.standing:
        await sellers.note_standing(engine, sight.seller.seller, filing.stated)
    actor = await _acting_party(filing, sight.seller, engine=engine, tag_key=tag_key, now=sight.now)
    if sight.open_case is not None:
        return _contact(filing, sight.seller, actor, case=sight.open_case, now=sight.now)
    whole = mates.seen(sight, told, windows)
    opened = _opened(filing, sight.seller, sight=whole, actor=actor)
    return FileCase(
        case=opened.case,
        marketplace=body.marketplace,
        playbook=filing.playbook.pin,
        subject_tag=told.subject,
        likeness=told.likeness,
        opened=opened.fact,
        marks=filing.belonging.marks,
        declares=filing.belonging.declares(actor),
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


def _opened(filing: Filing, seller: SellerOnFile, *, sight: Sight, actor: ActingParty) -> _Opened:
    body, facts, now = filing.body, filing.facts, sight.now
    matches = filing.belonging.matches(sight.incidents)
    case = ids.new_id("case", now)
    close = partial(seal, public_key=seller.public_key, key=seller.key, subject=case)
    narrative = partial(close, class_="narrative")
    fact = CaseOpened(
        external_ref=body.external_ref,
        channel=body.channel,
        seller=_seller(filing, seller),
        handle=close(body.seller.ref, class_="contact"),
        text_signals=_signals(filing),
        acting_party=actor,
        issue_type=body.issue_type,
        perspective=body.perspective,
        facts=sealed_facts(facts, seller, case=case),
        amount_at_risk=amount_of(facts),
        references=tuple(CaseReference(kind=r.kind, ref=r.ref) for r in facts.references),
        subject=narrative(body.subject) if body.subject else None,
        description=narrative(body.description) if body.description else None,
        evidence_on_file=papers_on_file(body, now),
        deferred=deferred_facts(filing.deferred, now) or None,
        defaults=default_uses(filing.uses) or None,
        repeats=sight.repeats or None,
        alike=sight.alike or None,
        parent=body.parent or filing.belonging.parent(matches, actor),
        matched=matches or None,
    )
    return _Opened(case=case, fact=fact)


def _seller(filing: Filing, seller: SellerOnFile) -> Seller:
    standing = filing.stated or seller.standing or _unheard_of(filing)
    return Seller(
        id=seller.seller,
        key=seller.key,
        public_key=seller.public_key,
        tier=standing.tier,
        region=standing.region,
        language=filing.body.seller.language,
    )


def _unheard_of(filing: Filing) -> Standing:
    """Take a seller for what its marketplace's are, until the marketplace says it."""
    return Standing(*filing.playbook.default_standing(filing.body.marketplace))


def _signals(filing: Filing) -> TextSignals:
    body = filing.body
    return signals_of(
        filing.playbook,
        filing.text_model,
        subject=body.subject or "",
        description=body.description or "",
    )


async def _acting_party(
    filing: Filing, seller: SellerOnFile, *, engine: AsyncEngine, tag_key: bytes, now: datetime
) -> ActingParty:
    body, delegate = filing.body, filing.body.acting_party
    party: str | None = None
    grants: Sequence[Grant] = ()
    if delegate is not None:
        party = name_delegate(tag_key, body.marketplace, delegate)
        grants = await authorities.find_for(
            engine, body.marketplace, seller.seller, party=party, kind=delegate.kind
        )
    return acting_party(
        delegate.kind if delegate else None,
        party=party,
        assurance=filing.assurance,
        grants=grants,
        issue_type=body.issue_type,
        at=now,
    )


def _contact(
    filing: Filing, seller: SellerOnFile, actor: ActingParty, *, case: str, now: datetime
) -> NoteContact:
    """Note what was said. Facts count only from whoever may speak for the seller."""
    body, may_tell = filing.body, actor.authority == "verified"
    heard = SellerMessageReceived(
        message=ids.new_id("msg", now),
        channel=body.channel,
        repeated_contact=True,
        external_ref=body.external_ref,
        body=_said(body, seller, case=case),
        text_signals=_signals(filing),
    )
    return NoteContact(
        case=case,
        heard=heard,
        facts=sealed_facts(filing.facts, seller, case=case) if may_tell else {},
        amount_at_risk=amount_of(filing.facts) if may_tell else None,
    )


def _said(body: NewCase, seller: SellerOnFile, *, case: str) -> SealedValue | None:
    said = {"subject": body.subject, "body": body.description}
    if not any(said.values()):
        return None
    return seal(said, public_key=seller.public_key, key=seller.key, class_="message", subject=case)
