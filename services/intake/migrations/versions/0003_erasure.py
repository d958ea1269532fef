"""Third: a seller is erased; its files go."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The columns of `evidence` say which files are still to be removed, and which are.
OWN = """
alter table sellers add column erased_at timestamptz;
alter table evidence
    add column erased_at timestamptz,
    add column file_removed_at timestamptz;
create index evidence_to_remove on evidence (id)
    where erased_at is not null and file_removed_at is null;
"""


def upgrade() -> None:
    op.execute(OWN)
