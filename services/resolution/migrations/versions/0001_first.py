"""The chassis's tables, and resolution's own."""

from alembic import op

from chassis.schema import FIRST_MIGRATION

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OWN = """
create table checklist_items (
    marketplace text not null,
    case_id uuid not null,
    item text not null,
    place integer not null,
    kind text,
    required boolean not null,
    state text not null check (state in ('open', 'done', 'waived')),
    reason text,
    evidence_id uuid,
    actor text not null,
    changed_at timestamptz not null,
    primary key (marketplace, case_id, item)
);
create table messages (
    id uuid primary key,
    marketplace text not null,
    case_id uuid not null,
    seller_id uuid not null,
    kind text not null,
    qualifying boolean not null,
    template text not null,
    language text not null,
    region text not null,
    body jsonb not null,
    actor text not null,
    sent_at timestamptz not null,
    update_by timestamptz,
    expected_by timestamptz,
    delivery_state text not null check (delivery_state in ('pending', 'delivered', 'failed')),
    delivery_reason text,
    delivery_at timestamptz
);
create index messages_case on messages (marketplace, case_id, sent_at);
create table decisions (
    id uuid primary key,
    marketplace text not null,
    case_id uuid not null,
    episode integer not null,
    type text not null,
    outcome text not null,
    adverse boolean not null,
    authority_level integer not null,
    root_cause text not null,
    reasons jsonb not null,
    evidence jsonb not null,
    redress text,
    message_id uuid not null references messages,
    playbook text not null,
    actor text not null,
    decided_at timestamptz not null,
    unique (marketplace, case_id, episode)
);
create table notes (
    marketplace text not null,
    case_id uuid not null,
    about text not null,
    body jsonb not null,
    actor text not null,
    written_at timestamptz not null
);
create index notes_case on notes (marketplace, case_id, written_at);
"""


def upgrade() -> None:
    op.execute(FIRST_MIGRATION)
    op.execute(_OWN)


def downgrade() -> None:
    """Nothing is taken back: a later migration repairs."""
