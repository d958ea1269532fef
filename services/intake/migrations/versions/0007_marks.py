"""Seventh: by what a new case finds its incident, and what a supervisor is asked about."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# `incident`: `declared` by the facts of the case, or `linked` once it has a case below it.
OWN = """
alter table cases
    add column marks jsonb,
    add column incident text check (incident in ('declared', 'linked'));
create index cases_incidents on cases (marketplace, issue_type)
    where incident is not null and open;
create table proposals (
    case_id uuid not null references cases,
    parent uuid not null references cases,
    same text[] not null,
    other text[] not null,
    declined_at timestamptz,
    primary key (parent, case_id)
);
create index proposals_of_case on proposals (case_id);
update cases set incident = 'linked'
where exists (select from cases as child where child.parent = cases.id);
"""


def upgrade() -> None:
    op.execute(OWN)
