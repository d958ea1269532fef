"""Sixth: who may act for a seller."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OWN = """
create table authority_grants (
    marketplace text not null,
    id uuid primary key,
    seller uuid not null references sellers,
    party uuid not null,
    kind text not null,
    issue_types text[] not null,
    assurance text not null,
    valid_from timestamptz not null,
    valid_until timestamptz,
    ended_at timestamptz
);
create index authority_of_party on authority_grants (marketplace, seller, party);
"""


def upgrade() -> None:
    op.execute(OWN)
