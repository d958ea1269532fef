"""Seventh: who brought which case to its end, and whether in time."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OUTCOMES = """
create table outcomes (
    marketplace text not null,
    case_id uuid not null,
    episode integer not null,
    member uuid not null,
    issue_type text not null,
    outcome text not null,
    resolved_at timestamptz not null,
    hours double precision not null check (hours >= 0),
    in_time boolean not null,
    primary key (marketplace, case_id, episode)
);
create index outcomes_similar on outcomes (marketplace, issue_type, resolved_at);
"""


def upgrade() -> None:
    op.execute(_OUTCOMES)
