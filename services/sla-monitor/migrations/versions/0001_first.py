"""Clocks, their steps and intervals, escalations, and who may take them."""

from alembic import op

from chassis.schema import FIRST_MIGRATION

revision = "0001"
down_revision = None

# The index of what is due leads with the time, not the marketplace: the firer asks for all.
_OWN = """
create table sla_cases (
    marketplace text not null,
    case_id uuid not null,
    subject text not null,
    partition integer not null,
    waiting_on text not null,
    next_due_at timestamptz,
    primary key (marketplace, case_id)
) with (fillfactor = 70);
create index sla_cases_due on sla_cases (next_due_at, marketplace, case_id)
    where next_due_at is not null;
create table partitions (
    partition integer primary key,
    caught_up_at timestamptz not null
) with (fillfactor = 50);
create table clocks (
    marketplace text not null,
    clock_id uuid not null,
    case_id uuid not null,
    object_id text not null,
    kind text not null,
    episode integer not null,
    revision integer not null,
    playbook text not null,
    calendar text not null,
    tzdata text not null,
    target interval not null,
    target_row text not null,
    is_window boolean not null,
    consumed interval not null,
    running_since timestamptz,
    started_at timestamptz not null,
    last_time timestamptz not null,
    due_at timestamptz,
    state text not null,
    stopped_at timestamptz,
    team text,
    primary key (marketplace, clock_id),
    unique (marketplace, case_id, object_id, kind, episode)
) with (fillfactor = 70);
create index clocks_due on clocks (marketplace, due_at, clock_id);
create table clock_intervals (
    marketplace text not null,
    clock_id uuid not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    kind text not null check (kind in ('running', 'paused')),
    team text,
    clamped boolean not null,
    primary key (marketplace, clock_id, from_at, to_at)
);
create table clock_steps (
    marketplace text not null,
    clock_id uuid not null,
    percent integer not null,
    due_at timestamptz,
    fired_at timestamptz,
    primary key (marketplace, clock_id, percent)
) with (fillfactor = 70);
create index clock_steps_armed on clock_steps (due_at, marketplace, clock_id, percent)
    where fired_at is null and due_at is not null;
create table escalations (
    marketplace text not null,
    escalation_id uuid not null,
    case_id uuid not null,
    clock_id uuid,
    revision integer,
    trigger text not null,
    level integer not null,
    ladder text not null,
    target_role text not null,
    target_member uuid,
    team text,
    reason text not null,
    note jsonb,
    playbook text not null,
    state text not null check (state in ('raised', 'acknowledged', 'resolved')),
    raised_at timestamptz not null,
    acknowledged_by uuid,
    acknowledged_at timestamptz,
    outcome text,
    resolved_at timestamptz,
    primary key (marketplace, escalation_id)
);
create index escalations_raised_at on escalations (marketplace, raised_at, escalation_id);
create index escalations_open on escalations (marketplace, case_id) where state <> 'resolved';
create table members (
    marketplace text not null,
    member_id uuid not null,
    teams text[] not null,
    roles text[] not null,
    authority integer not null,
    primary key (marketplace, member_id)
);
create table firing_holds (
    held_at timestamptz primary key,
    due integer not null,
    armed integer not null,
    released_at timestamptz,
    drained_at timestamptz
);
"""


def upgrade() -> None:
    # The driver prepares each statement, and prepares one at a time.
    for statement in (FIRST_MIGRATION + _OWN).split(";\n"):
        if statement.strip():
            op.execute(statement)
