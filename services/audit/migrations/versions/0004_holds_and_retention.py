"""Fourth: holds are placed and released by two people; bodies go in bulk, never those held."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HOLDS = """
alter table holds
    add column approved_at timestamptz,
    add column release_requested_by text,
    add column release_requested_at timestamptz,
    add column released_by text,
    add constraint holds_two_place check (approved_by <> placed_by),
    add constraint holds_two_release check (released_by <> release_requested_by),
    add constraint holds_released check ((released_at is null) = (released_by is null));
"""
# What a hold covers: one case; or all that is of one seller, by what the case's opening says, which
# is noted when that body is cleared. When nobody can tell, a hold on any seller of the marketplace
# keeps the case: a scope that this function cannot decide must never let a body go.
CLEARING = """
create table case_sellers (
    marketplace text,
    subject text,
    seller text not null,
    primary key (marketplace, subject)
);
create function opened_by(payload bytea) returns text
    language sql immutable set search_path = pg_catalog as $$
    select convert_from(payload, 'UTF8')::jsonb #>> '{seller,id}'
$$;
create function seller_of(of_marketplace text, of_subject text) returns text
    language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select coalesce(
        (select seller from case_sellers c
            where c.marketplace = of_marketplace and c.subject = of_subject),
        (select opened_by(b.payload) from leaves l join bodies b using (idx)
            where l.marketplace = of_marketplace and l.subject = of_subject
                and l.topic = 'cases.v1' and l.type = 'case.opened.v1'
            order by l.idx limit 1)
    )
$$;
create function note_sellers(wanted bigint[]) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into case_sellers (marketplace, subject, seller)
    select l.marketplace, l.subject, opened_by(b.payload) from leaves l join bodies b using (idx)
    where l.idx = any(wanted) and l.topic = 'cases.v1' and l.type = 'case.opened.v1'
        and opened_by(b.payload) is not null
    on conflict do nothing
$$;
create function is_held(of_marketplace text, of_subject text) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select exists (
        select from holds h
        where h.released_at is null and h.marketplace is not distinct from of_marketplace
            and case
                when h.scope ? 'case' then h.scope ->> 'case' = of_subject
                when h.scope ? 'subject' then h.scope ->> 'subject' = of_subject
                when h.scope ? 'seller' then
                    of_subject = h.scope ->> 'seller'
                    or (of_subject like 'case\\_%' and coalesce(
                        seller_of(of_marketplace, of_subject) = h.scope ->> 'seller', true))
                else true
            end
    )
$$;
create or replace function clear_body(wanted bigint) returns void language plpgsql
    security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform pg_advisory_xact_lock(4210772);
    if exists (select from leaves l where l.idx = wanted and is_held(l.marketplace, l.subject)) then
        raise exception 'the body is under a legal hold' using errcode = '42501';
    end if;
    perform note_sellers(array[wanted]);
    update bodies set headers = null, payload = null where idx = wanted;
end
$$;
-- The lock is that of whoever places a hold: one that was placed before is seen, one that comes
-- after finds the body gone.
create function clear_bodies(wanted bigint[]) returns setof bigint language plpgsql
    security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform pg_advisory_xact_lock(4210772);
    perform note_sellers(wanted);
    return query
        update bodies b set headers = null, payload = null
        from leaves l
        where l.idx = any(wanted) and b.idx = l.idx and not is_held(l.marketplace, l.subject)
        returning b.idx;
end
$$;
revoke execute on function clear_bodies(bigint[]), note_sellers(bigint[]) from public;

do $$
begin
    if exists (select from pg_roles where rolname = 'audit_app') then
        grant execute on function clear_bodies(bigint[]) to audit_app;
        revoke all on case_sellers from audit_app;
        grant select on case_sellers to audit_app;
    end if;
    if exists (select from pg_roles where rolname = 'audit_log') then
        alter table case_sellers owner to audit_log;
        alter function note_sellers(bigint[]) owner to audit_log;
        alter function clear_bodies(bigint[]) owner to audit_log;
    end if;
end
$$;
"""


def upgrade() -> None:
    op.execute(HOLDS)
    op.execute(CLEARING)
