"""What intake's tests start from: filings and documents, sealed and ready; news from elsewhere."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from builders_contracts import a_case_opened, sealed
from chassis import ids
from chassis.cloudevents import RawRecord, to_headers
from chassis.vault import new_key_pair
from contracts.cases import Seller, SellerMessageReceived
from contracts.catalogue import schema_ref
from contracts.event import Contract, Envelope
from intake.domain.documents import ReceiveEvidence
from intake.domain.filing import FileCase, NoteContact, SellerOnFile

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def spare_keys(count: int) -> dict[str, str]:
    return {ids.new_id("key", NOON): new_key_pair()[1] for _ in range(count)}


def a_filing(
    seller: SellerOnFile, *, subject_tag: bytes | None = b"subject", **changes: object
) -> FileCase:
    whose = Seller(
        id=seller.seller,
        key=seller.key,
        public_key=seller.public_key,
        tier="smb",
        region="UK",
        language="en",
    )
    return FileCase(
        case=ids.new_id("case", NOON),
        marketplace="harbour",
        playbook="marketplace-core@1.0.0",
        subject_tag=subject_tag,
        opened=a_case_opened(seller=whose, **{"external_ref": None, **changes}),
    )


def a_contact(case: str, *, external_ref: str | None = None) -> NoteContact:
    heard = SellerMessageReceived(
        message=ids.new_id("msg", NOON),
        channel="portal",
        repeated_contact=True,
        external_ref=external_ref,
    )
    return NoteContact(case=case, heard=heard)


def a_document(case: str, *, item: str | None = None, file_tag: bytes = b"f") -> ReceiveEvidence:
    return ReceiveEvidence(
        case=case,
        evidence=ids.new_id("evd", NOON),
        kind="business_registration",
        item=item,
        size=1200,
        media_type="application/pdf",
        provenance="seller",
        file=sealed("evidence_file"),
        file_tag=file_tag,
    )


def news(case: str, *facts: Contract, start: int = 1, at: datetime = NOON) -> Sequence[RawRecord]:
    """Write facts of one other service about a case, as Kafka would have them."""
    return [_record(case, fact, number, at) for number, fact in enumerate(facts, start)]


def _record(case: str, fact: Contract, sequence: int, at: datetime) -> RawRecord:
    envelope = Envelope(
        id=uuid4(),
        producer=fact.producer,
        type=fact.type,
        subject=case,
        sequence=sequence,
        time=at,
        schema_ref=schema_ref(type(fact)),
        correlation_id=ids.to_uuid(case),
        marketplace="harbour",
        playbook="marketplace-core@1.0.0",
    )
    return RawRecord(
        topic=fact.topic,
        partition=0,
        offset=hash((fact.producer, sequence)) % 2**31,
        key=case.encode(),
        headers=to_headers(envelope),
        value=fact.model_dump_json(by_alias=True, exclude_none=True).encode(),
        timestamp_ms=0,
    )
