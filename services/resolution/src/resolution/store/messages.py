"""Letters to sellers, their bodies sealed, and whether the marketplace delivered them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, DateTime, String, Table, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB

from chassis.door import Tx
from chassis.ids import TypeId
from contracts.sealed import SealedValue
from resolution.store.tables import metadata

_INSTANT = DateTime(timezone=True)

messages = Table(
    "messages",
    metadata,
    Column("id", TypeId("msg"), primary_key=True),
    Column("marketplace", String, nullable=False),
    Column("case_id", TypeId("case"), nullable=False),
    Column("seller_id", TypeId("sel"), nullable=False),
    Column("kind", String, nullable=False),
    Column("qualifying", Boolean, nullable=False),
    Column("template", String, nullable=False),
    Column("language", String, nullable=False),
    Column("region", String, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("actor", String, nullable=False),
    Column("sent_at", _INSTANT, nullable=False),
    Column("update_by", _INSTANT),
    Column("expected_by", _INSTANT),
    Column("delivery_state", String, nullable=False),
    Column("delivery_reason", String),
    Column("delivery_at", _INSTANT),
)


class MessageNotFound(Exception):
    """No letter has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A letter as it was written. `body` is sealed `{subject, body}`, class message."""

    id: str
    marketplace: str
    case_id: str
    seller_id: str
    kind: str
    qualifying: bool
    template: str
    language: str
    region: str
    body: SealedValue
    sent_at: datetime
    update_by: datetime | None = None
    expected_by: datetime | None = None
    delivery_state: str = "pending"
    delivery_reason: str | None = None
    delivery_at: datetime | None = None


async def add_message(tx: Tx, message: Message) -> None:
    await tx.execute(
        insert(messages).values(
            id=message.id,
            marketplace=message.marketplace,
            case_id=message.case_id,
            seller_id=message.seller_id,
            kind=message.kind,
            qualifying=message.qualifying,
            template=message.template,
            language=message.language,
            region=message.region,
            body=message.body.model_dump(mode="json", by_alias=True),
            actor=tx.journey.actor,
            sent_at=message.sent_at,
            update_by=message.update_by,
            expected_by=message.expected_by,
            delivery_state=message.delivery_state,
        )
    )


async def find_case(tx: Tx, message_id: str) -> str | None:
    """Say which case a letter is about."""
    found: str | None = await tx.scalar(
        select(messages.c.case_id).where(messages.c.id == message_id)
    )
    return found


async def get_message(tx: Tx, message_id: str) -> Message:
    """
    Read a letter.

    Raises:
        MessageNotFound: There is none with this id.
    """
    wanted = select(messages).where(messages.c.id == message_id)
    row = (await tx.execute(wanted)).mappings().one_or_none()
    if row is None:
        raise MessageNotFound(message_id)
    values = {name: row[name] for name in Message.__slots__ if name != "body"}
    return Message(body=SealedValue.model_validate(row["body"]), **values)


async def note_delivery(tx: Tx, message_id: str, *, state: str, reason: str | None) -> None:
    """Write what the marketplace's messaging said about a letter, and when."""
    await tx.execute(
        update(messages)
        .where(messages.c.id == message_id)
        .values(delivery_state=state, delivery_reason=reason, delivery_at=tx.now)
    )
