"""Handoff's first tables."""

from alembic import op

from chassis.schema import FIRST_MIGRATION

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table handoffs (
    handoff uuid primary key,
    marketplace text not null,
    case_id uuid not null,
    team text not null,
    contract text not null,
    digest text not null,
    party text not null,
    blocking boolean not null,
    state text not null
        check (state in ('requested', 'accepted', 'completed', 'returned', 'lapsed', 'recalled')),
    attempt integer not null,
    hop integer not null,
    payload jsonb not null,
    payload_sha256 text not null,
    token_hash bytea not null,
    requested_by text not null,
    requested_at timestamptz not null,
    accept_by timestamptz not null,
    due_by timestamptz not null,
    ended_at timestamptz,
    result jsonb,
    reason text,
    path text,
    suggest text
);
create index handoffs_of_case on handoffs (marketplace, case_id, requested_at);
create index handoffs_of_team on handoffs (marketplace, team, state, due_by, handoff);
create unique index handoffs_open on handoffs (marketplace, case_id, team)
    where state in ('requested', 'accepted');
"""


def upgrade() -> None:
    op.execute(FIRST_MIGRATION)
    op.execute(_TABLES)
