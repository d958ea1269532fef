"""Fifth: cases that belong to an incident."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OWN = """
alter table cases add column parent uuid references cases;
create index cases_of_incident on cases (parent, opened_at, id) where parent is not null;
"""


def upgrade() -> None:
    op.execute(OWN)
