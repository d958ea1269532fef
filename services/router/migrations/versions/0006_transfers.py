"""Sixth: which teams have had a case, and where routing was frozen."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TRANSFERS = """
create table transfers (
    marketplace text not null,
    case_id uuid not null,
    number bigint generated always as identity,
    at timestamptz not null,
    team text not null,
    rule text not null,
    handoff uuid,
    outcome text not null check (outcome in ('here', 'moved', 'wrong_team', 'returned', 'done')),
    settled boolean not null default false,
    primary key (marketplace, case_id, number)
);
create unique index transfers_handoff on transfers (marketplace, case_id, handoff);

create table routing_defects (
    number bigint generated always as identity primary key,
    marketplace text not null,
    case_id uuid not null,
    opened_at timestamptz not null,
    reason text not null,
    trail text[] not null,
    rules text[] not null,
    playbook text not null,
    arbiter uuid,
    arbiter_role text not null,
    ended_at timestamptz,
    ended_by text,
    team text,
    why text
);
create unique index routing_defects_open on routing_defects (marketplace, case_id)
    where ended_at is null;
create index routing_defects_newest on routing_defects (marketplace, opened_at, case_id);

-- Cases routed before this: the team that has each now is where its trail begins.
insert into transfers (marketplace, case_id, at, team, rule, outcome)
select marketplace, case_id, (state #>> '{route,routed_at}')::timestamptz,
       state #>> '{route,team}', state #>> '{route,rule}', 'here'
from case_view where state #>> '{route,team}' is not null;
"""


def upgrade() -> None:
    op.execute(_TRANSFERS)
