"""Fifth: appeals by their own id, what each waits for, and how it was answered."""

import sqlalchemy as sa
from alembic import op

from chassis.ids import to_uuid

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_APPEALS = """
create table appeals (
    id uuid primary key,
    marketplace text not null,
    case_id uuid not null,
    body jsonb,
    authority_level integer not null,
    not_for text[] not null,
    filed_at timestamptz not null,
    outcome text check (outcome in ('upheld', 'overturned', 'partly')),
    decided_at timestamptz
);
create index appeals_open on appeals (filed_at, id) where outcome is null;
create index appeals_in_order on appeals (marketplace, filed_at, id);
"""

# Whoever made a decision that was ever appealed is no judge of the case's appeals. The fold does
# not say when an appeal was answered: with the end of its case, if that has not opened again.
_KNOWN = """
select v.case_id, v.marketplace, a.key as appeal,
    (a.value ->> 'filed_at')::timestamptz as filed_at,
    v.state -> 'answered_appeals' ->> a.key as outcome,
    case when v.state -> 'answered_appeals' ? a.key
        then coalesce((v.state ->> 'resolved_at')::timestamptz, now()) end as decided_at,
    array(select jsonb_array_elements_text(a.value -> 'decisions')) as against,
    array(select distinct split_part(d.value ->> 'actor', ':', 2)
        from jsonb_each(v.state -> 'appeals') b,
            jsonb_array_elements_text(b.value -> 'decisions') named,
            jsonb_each(v.state -> 'decisions') d
        where d.key = named and split_part(d.value ->> 'actor', ':', 2) <> '') as not_for
from case_view v, jsonb_each(v.state -> 'appeals') a
"""
_LEVEL = "select coalesce(max(authority_level), 0) from decisions where id = any(:ids)"
_KEEP = """
insert into appeals
    (id, marketplace, case_id, authority_level, not_for, filed_at, outcome, decided_at)
values
    (:id, :marketplace, :case_id, :authority_level, :not_for, :filed_at, :outcome, :decided_at)
"""


def upgrade() -> None:
    op.execute(_APPEALS)
    _note_known()


def _note_known() -> None:
    """Take the appeals that were filed before this table was there from the folds."""
    here = op.get_bind()
    for row in here.execute(sa.text(_KNOWN)).mappings().all():
        against = [to_uuid(one, prefix="dec") for one in row["against"]]
        level = here.scalar(sa.text(_LEVEL), {"ids": against})
        id_ = to_uuid(row["appeal"], prefix="apl")
        here.execute(sa.text(_KEEP), {**row, "id": id_, "authority_level": level})
