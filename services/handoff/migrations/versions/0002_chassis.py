"""Second: what the chassis has learnt since the first tables."""

from alembic import op

from chassis.schema import SECOND_MIGRATION

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(SECOND_MIGRATION)
