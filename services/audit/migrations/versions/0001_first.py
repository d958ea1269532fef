"""First: the chassis's tables; the log, append-only by privileges and triggers; its exports."""

from alembic import op

from chassis.schema import FIRST_MIGRATION

revision = "0001"
down_revision = None

OWN = """
create table staged (
    event_id uuid primary key,
    digest bytea not null,
    topic text not null,
    partition integer,
    "offset" bigint,
    producer text not null,
    subject text not null,
    sequence integer not null,
    type text not null,
    marketplace text,
    occurred_at timestamptz not null,
    headers jsonb not null,
    payload bytea not null,
    leaf bytea not null,
    received_at timestamptz not null,
    unique (producer, topic, subject, sequence)
);
create index staged_arrival on staged (received_at, partition, "offset", sequence);
create index staged_subject on staged (topic, subject);
create table leaves (
    idx bigint primary key,
    event_id uuid not null unique,
    digest bytea not null,
    marketplace text,
    topic text not null,
    subject text not null,
    producer text not null,
    sequence integer not null,
    type text not null,
    occurred_at timestamptz not null,
    leaf bytea not null,
    unique (producer, topic, subject, sequence)
);
create index leaves_of_subject on leaves (marketplace, subject, idx);
create index leaves_by_subject on leaves (subject, idx);
create table bodies (
    idx bigint primary key references leaves,
    headers jsonb,
    payload bytea
);
create table tiles (
    level integer,
    n bigint,
    hashes bytea not null,
    primary key (level, n)
);
create table log_heads (
    log text primary key,
    epoch integer not null,
    size bigint not null,
    root bytea not null,
    fence bigint not null
);
insert into log_heads values ('main', 0, 0, sha256(''::bytea), 0);
create table streams (
    producer text,
    topic text,
    subject text,
    last_sequence integer not null,
    held_since timestamptz,
    primary key (producer, topic, subject)
) with (fillfactor = 80);
create index streams_held on streams (topic, subject) where held_since is not null;
create table gaps (
    producer text,
    topic text,
    subject text,
    sequence integer,
    gap_idx bigint not null,
    late_idx bigint,
    primary key (producer, topic, subject, sequence)
);
create table checkpoints (
    epoch integer,
    size bigint,
    root bytea not null,
    note text not null,
    signed_at timestamptz not null,
    primary key (epoch, size)
);
create index checkpoints_newest on checkpoints (signed_at);
create table log_keys (
    name text,
    public_key bytea,
    first_used_at timestamptz not null,
    primary key (name, public_key)
);
create table holds (
    id uuid primary key,
    marketplace text not null,
    scope jsonb not null,
    reason text not null,
    placed_by text not null,
    approved_by text,
    placed_at timestamptz not null,
    released_at timestamptz
);
create index holds_standing on holds (marketplace) where released_at is null;
create table exports (
    marketplace text not null,
    id uuid primary key,
    subject text not null,
    as_of bigint not null,
    events integer not null,
    requester text not null,
    created_at timestamptz not null,
    zip bytea not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the log is append-only' using errcode = '42501';
end
$$;
create trigger append_only before update or delete on leaves
    for each row execute function refuse_change();
create trigger append_only_whole before truncate on leaves
    for each statement execute function refuse_change();
alter table leaves enable always trigger append_only;
alter table leaves enable always trigger append_only_whole;

-- A hold names one subject, or whatever else it names covers its whole marketplace: a scope
-- that this function cannot read must never let a body go.
create function clear_body(wanted bigint) returns void language plpgsql
    security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (
        select from holds h join leaves l on l.idx = wanted
        where h.released_at is null and h.marketplace is not distinct from l.marketplace
            and (not h.scope ? 'subject' or h.scope ->> 'subject' = l.subject)
    ) then
        raise exception 'the body is under a legal hold' using errcode = '42501';
    end if;
    update bodies set headers = null, payload = null where idx = wanted;
end
$$;
revoke execute on function clear_body(bigint) from public;

-- The roles are made by whoever sets up the server; a database without them (unit of tests)
-- still has the triggers.
do $$
begin
    if exists (select from pg_roles where rolname = 'audit_app') then
        revoke all on leaves, bodies from audit_app;
        grant select, insert on leaves, bodies to audit_app;
        grant execute on function clear_body(bigint) to audit_app;
    end if;
    if exists (select from pg_roles where rolname = 'audit_log') then
        grant select on holds to audit_log;
        alter table leaves owner to audit_log;
        alter table bodies owner to audit_log;
        alter function clear_body(bigint) owner to audit_log;
        alter function refuse_change() owner to audit_log;
    end if;
end
$$;
"""


def upgrade() -> None:
    op.execute(FIRST_MIGRATION)
    op.execute(OWN)
