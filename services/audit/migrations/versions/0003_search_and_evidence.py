"""Third: events are found by type, actor and time; checkpoints that contradict the log are kept."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The actor of old leaves is read from their bytes: a generated column is filled while the table
# is rewritten, which no trigger of an append-only table has to be taken off for.
SEARCH = """
create function actor_in(leaf bytea) returns text language sql immutable strict
    set search_path = pg_catalog
    as $$ select convert_from(leaf, 'UTF8')::jsonb ->> 'actor' $$;
alter table leaves add column actor text generated always as (actor_in(leaf)) stored;
alter table leaves alter column actor drop expression;
drop function actor_in(bytea);
create index leaves_of_type on leaves (type, idx);
create index leaves_of_actor on leaves (actor, idx);
create index leaves_at on leaves using brin (occurred_at);
drop index leaves_by_subject;
"""
EVIDENCE = """
create table split_views (
    origin text,
    size bigint,
    root bytea,
    note text not null,
    why text not null,
    our_root bytea,
    our_note text,
    seen_at timestamptz not null,
    primary key (origin, size, root)
);
"""


def upgrade() -> None:
    op.execute(SEARCH)
    op.execute(EVIDENCE)
