"""The vault's first tables."""

from alembic import op

from chassis.schema import FIRST_MIGRATION

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table keys (
    key uuid primary key,
    marketplace text,
    seller uuid,
    public_key text not null unique,
    wrapped bytea not null,
    state text not null check (state in ('spare', 'bound', 'destroyed')),
    created_at timestamptz not null,
    bound_at timestamptz,
    check ((state = 'spare') = (seller is null)),
    check ((marketplace is null) = (seller is null))
);
create unique index keys_of_seller on keys (marketplace, seller) where seller is not null;
create table openings (
    opening uuid primary key,
    marketplace text not null,
    case_id uuid not null,
    commitment text not null,
    class text not null,
    purpose text not null,
    opened_by text not null,
    opened_at timestamptz not null
);
create index openings_of_case on openings (marketplace, case_id, opened_at);
"""


def upgrade() -> None:
    op.execute(FIRST_MIGRATION)
    op.execute(_TABLES)
