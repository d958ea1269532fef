"""Ninth: by what a new case finds the same trouble of its seller, whatever the subject."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OWN = """
alter table cases add column likeness bytea;
create index cases_alike on cases (marketplace, seller, likeness, opened_at)
    where likeness is not null;
"""


def upgrade() -> None:
    op.execute(OWN)
