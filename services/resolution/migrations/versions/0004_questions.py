"""Third: a decision for each question of a case; which cases belong to an incident."""

import sqlalchemy as sa
from alembic import op

from chassis.ids import to_uuid

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_QUESTIONS = """
alter table decisions
    add column question text,
    alter column message_id drop not null,
    drop constraint decisions_marketplace_case_id_episode_key;
create unique index decisions_once
    on decisions (marketplace, case_id, episode, coalesce(question, ''));
"""
_INCIDENTS = """
create table incident_children (
    case_id uuid primary key,
    marketplace text not null,
    parent uuid not null
);
create index incident_children_parent on incident_children (marketplace, parent, case_id);
"""


_LINKED = """
select case_id, marketplace, state ->> 'parent' as parent from case_view
where state ->> 'parent' is not null
"""
_KEEP = "insert into incident_children values (:case_id, :marketplace, :parent)"


def upgrade() -> None:
    op.execute(_QUESTIONS)
    op.execute(_INCIDENTS)
    _note_linked()


def _note_linked() -> None:
    """Take the cases that were linked before this table was there from their folds."""
    here = op.get_bind()
    rows = here.execute(sa.text(_LINKED)).mappings().all()
    if rows:
        linked = [{**row, "parent": to_uuid(row["parent"], prefix="case")} for row in rows]
        here.execute(sa.text(_KEEP), linked)
