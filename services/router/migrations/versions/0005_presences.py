"""Fifth: who is there, and who stands in for whom."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PRESENCES = """
create table presences (
    member uuid primary key references members,
    presence text not null check (presence in ('available', 'busy', 'away', 'offline')),
    until timestamptz,
    delegate uuid references members,
    delegated_from timestamptz,
    delegated_until timestamptz,
    version integer not null,
    check ((delegate is null) = (delegated_from is null)),
    check ((delegate is null) = (delegated_until is null)),
    check (delegated_from < delegated_until)
);
create index presences_available on presences (until, member) where presence = 'available';
create index assignments_of_case on assignments (marketplace, case_id, assigned_at);
"""


def upgrade() -> None:
    op.execute(_PRESENCES)
