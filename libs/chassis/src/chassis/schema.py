"""The tables that every service drives on (architecture.md §3)."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis import first_migration, second_migration

FIRST_MIGRATION: Final = first_migration.DDL
SECOND_MIGRATION: Final = second_migration.DDL
metadata = MetaData()
_INSTANT = DateTime(timezone=True)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("topic", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    UniqueConstraint("topic", "subject", "sequence"),
)

outbox_pending = Table(
    "outbox_pending",
    metadata,
    Column("id", BigInteger, ForeignKey(outbox.c.id), primary_key=True, autoincrement=False),
    Column("topic", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", _INSTANT, nullable=False, server_default="-infinity"),
    Column("error", Text),
    Index("outbox_pending_first", "subject", "id"),
)

outbox_sent = Table(
    "outbox_sent",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kafka_partition", Integer, nullable=False),
    Column("kafka_offset", BigInteger, nullable=False),
    Column("published_at", _INSTANT, nullable=False),
    Index("outbox_sent_published_at", "published_at"),
)

stream_head = Table(
    "stream_head",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("last_sequence", Integer, nullable=False),
    Column("last_time", _INSTANT, nullable=False),
)

case_view = Table(
    "case_view",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("marketplace", Text, nullable=False),
    Column("playbook", Text, nullable=False),
    Column("lifecycle_version", Integer, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Index("case_view_marketplace", "marketplace", "case_id"),
)

inbox_subject = Table(
    "inbox_subject",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("blocked", Boolean, nullable=False),
)

# The subject comes before the producer: a batch reads all cursors of its subjects at once.
inbox_cursor = Table(
    "inbox_cursor",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("producer", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("last_sequence", Integer, nullable=False),
    Column("last_event_id", Uuid, nullable=False),
    Column("last_time", _INSTANT),
)

inbox_seen = Table(
    "inbox_seen",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("seen_at", _INSTANT, nullable=False),
    Index("inbox_seen_seen_at", "seen_at"),
)

parked_event = Table(
    "parked_event",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("src_topic", Text, primary_key=True),
    Column("src_partition", Integer, primary_key=True),
    Column("src_offset", BigInteger, primary_key=True),
    Column("producer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("event_id", Uuid),
    Column("headers", JSONB, nullable=False),
    Column("raw", LargeBinary),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", _INSTANT, nullable=False),
    Column("first_failed_at", _INSTANT, nullable=False),
    Column("key", LargeBinary),
    Column("timestamp_ms", BigInteger, nullable=False),
    Column("skip_reason", Text),
    Column("skip_requested_by", Text),
    Column("skip_requested_at", _INSTANT),
    Column("skip_approved_by", Text),
    Column("skip_approved_at", _INSTANT),
    Index(
        "parked_event_held",
        "consumer",
        "subject",
        "src_topic",
        "src_offset",
        postgresql_where=text("state in ('waiting', 'dead')"),
    ),
    Index(
        "parked_event_due",
        "consumer",
        "next_attempt_at",
        postgresql_where=text("state = 'waiting'"),
    ),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("src_topic", Text, primary_key=True),
    Column("src_partition", Integer, primary_key=True),
    Column("src_offset", BigInteger, primary_key=True),
    Column("headers", JSONB, nullable=False),
    Column("raw", LargeBinary),
    Column("error", Text, nullable=False),
    Column("seen_at", _INSTANT, nullable=False),
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("marketplace", Text, primary_key=True),
    Column("principal", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary),
    Column("headers", JSONB),
    Column("created_at", _INSTANT, nullable=False),
    Index("idempotency_key_created_at", "created_at"),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Uuid, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", _INSTANT, nullable=False),
)

consumer_birth = Table(
    "consumer_birth",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("born_at", _INSTANT, nullable=False),
)
