"""Fifth: which playbook cases were filed under at an instant is found at once."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FILINGS = """
create index leaves_of_filings on leaves (marketplace, occurred_at, idx)
    where type = 'case.opened.v1';
"""


def upgrade() -> None:
    op.execute(FILINGS)
