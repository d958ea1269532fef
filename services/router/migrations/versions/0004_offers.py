"""Fourth: cases offered to members."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OFFERS = """
create table offers (
    assignment uuid primary key,
    marketplace text not null,
    case_id uuid not null,
    member uuid not null references members,
    team text not null,
    queue text not null,
    offered_at timestamptz not null,
    lapses_at timestamptz not null,
    reason text not null,
    outcome text check (outcome in ('accepted', 'declined', 'lapsed')),
    ended_at timestamptz,
    why text,
    check ((outcome is null) = (ended_at is null))
);
create unique index offers_open on offers (marketplace, case_id) where ended_at is null;
create index offers_load on offers (member) where ended_at is null;
create index offers_due on offers (lapses_at, case_id) where ended_at is null;
create index offers_of_case on offers (marketplace, case_id, offered_at);
"""


def upgrade() -> None:
    op.execute(_OFFERS)
