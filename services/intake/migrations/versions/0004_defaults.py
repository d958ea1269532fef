"""Fourth: what forms came filled in with, and what sellers made of it."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OWN = """
create table default_uses (
    marketplace text not null,
    case_id uuid not null references cases,
    issue_type text not null,
    fact text not null,
    source text not null,
    overridden boolean not null,
    reason text,
    filed_at timestamptz not null,
    primary key (case_id, fact)
);
create index default_uses_in_time on default_uses (marketplace, filed_at);
"""


def upgrade() -> None:
    op.execute(OWN)
