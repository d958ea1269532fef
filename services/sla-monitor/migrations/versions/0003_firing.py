"""Cases that cannot be fired wait alone; what the firer saw last outlives its process."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OWN = """
create table firing_failures (
    marketplace text not null,
    case_id uuid not null,
    subject text not null,
    error text not null,
    attempts integer not null,
    first_failed_at timestamptz not null,
    next_attempt_at timestamptz not null,
    primary key (marketplace, case_id)
);
create table firing_ticks (
    name text primary key,
    ticked_at timestamptz not null,
    host_seconds double precision not null,
    mode text not null
) with (fillfactor = 50);
"""


def upgrade() -> None:
    # The driver prepares each statement, and prepares one at a time.
    for statement in _OWN.split(";\n"):
        if statement.strip():
            op.execute(statement)
