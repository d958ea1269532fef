"""What the members of the council say about a case, and what it decided."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OWN = """
create table council_votes (
    marketplace text not null,
    escalation_id uuid not null,
    member uuid not null,
    outcome text not null,
    reasons text[] not null,
    voted_at timestamptz not null,
    primary key (marketplace, escalation_id, member)
);
create table council_decisions (
    marketplace text not null,
    escalation_id uuid not null,
    outcome text not null,
    reasons text[] not null,
    decided_by uuid not null,
    decided_at timestamptz not null,
    primary key (marketplace, escalation_id)
);
"""


def upgrade() -> None:
    # The driver prepares each statement, and prepares one at a time.
    for statement in _OWN.split(";\n"):
        if statement.strip():
            op.execute(statement)
