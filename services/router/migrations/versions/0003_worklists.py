"""Third: worklists by what breaks first, of queues and of members."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WORKLISTS = """
alter table queued_cases
    add column team text not null default '',
    add column breaks text,
    add column severity text not null default 'medium',
    add column issue_type text,
    add column skills text[] not null default '{}',
    add column clearance text[] not null default '{}',
    add column waiting_on text not null default 'platform',
    add column holder uuid;
alter table queued_cases add constraint queued_cases_waiting_on
    check (waiting_on in ('platform', 'seller', 'partner', 'third_party', 'none'));

-- A case that somebody holds had no row so far. Its clock is heard with its next event.
insert into queued_cases (marketplace, case_id, queue, priority, queued_at, due_at, holder)
select a.marketplace, a.case_id, a.queue, coalesce((v.state #>> '{route,priority}')::int, 3),
       a.assigned_at, a.assigned_at + interval '1 day', a.member
from assignments a join case_view v using (marketplace, case_id)
where a.ended_at is null
on conflict do nothing;
update queued_cases q set
    team = coalesce(v.state #>> '{route,team}', v.state #>> '{triage_lead,team}', ''),
    severity = coalesce(v.state #>> '{classification,severity}', 'medium'),
    issue_type = coalesce(v.state #>> '{classification,issue_type}', v.state ->> 'declared_type'),
    skills = coalesce(
        (select array_agg(skill) from jsonb_array_elements_text(v.state #> '{route,skills}') skill),
        '{}')
from case_view v where v.case_id = q.case_id;

drop index queued_cases_urgency;
create index queued_cases_waiting on queued_cases (marketplace, queue, due_at, case_id)
    where holder is null;
create index queued_cases_held on queued_cases (marketplace, holder, due_at, case_id)
    where holder is not null;

create table case_clocks (
    marketplace text not null,
    case_id uuid not null,
    clock uuid not null,
    kind text not null,
    due_at timestamptz not null,
    primary key (marketplace, case_id, clock)
);
"""


def upgrade() -> None:
    op.execute(_WORKLISTS)
