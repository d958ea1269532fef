"""Ninth: who may not take a case, because they decided what is appealed."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BARRED = """
create table barred_members (
    marketplace text not null,
    case_id uuid not null,
    member uuid not null,
    primary key (marketplace, case_id, member)
);
"""


def upgrade() -> None:
    op.execute(_BARRED)
