"""The router's first tables."""

from alembic import op

from chassis.schema import FIRST_MIGRATION

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table members (
    member uuid primary key,
    login text not null unique,
    name text not null,
    marketplaces text[] not null,
    teams text[] not null,
    roles text[] not null,
    authority integer not null check (authority between 0 and 4),
    clearances text[] not null,
    skills text[] not null,
    capacity integer not null check (capacity >= 0)
);
create table routing_decisions (
    marketplace text not null,
    case_id uuid not null,
    number bigint generated always as identity,
    decided_at timestamptz not null,
    decided_by text not null,
    playbook text not null,
    classification jsonb not null,
    route jsonb,
    primary key (marketplace, case_id, number)
);
create table assignments (
    assignment uuid primary key,
    marketplace text not null,
    case_id uuid not null,
    member uuid not null references members,
    team text not null,
    queue text not null,
    assigned_at timestamptz not null,
    ended_at timestamptz,
    reason text
);
create unique index assignments_open on assignments (marketplace, case_id) where ended_at is null;
create index assignments_load on assignments (member) where ended_at is null;
create table queued_cases (
    marketplace text not null,
    case_id uuid not null,
    queue text not null,
    priority integer not null,
    queued_at timestamptz not null,
    due_at timestamptz not null,
    primary key (marketplace, case_id)
);
create index queued_cases_urgency on queued_cases (marketplace, queue, due_at, case_id);
"""


def upgrade() -> None:
    op.execute(FIRST_MIGRATION)
    op.execute(_TABLES)
