"""Eighth: whom older cases wait for, which the backfill of the third left out."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Cases from before the third migration were all said to wait for us. Their folds know better.
_WAITS = """
with unanswered as (
    select distinct v.case_id from case_view v, jsonb_each(v.state -> 'items') item
    where (item.value ->> 'required')::boolean and not (item.value ->> 'waived')::boolean
    and not exists (
        select from jsonb_each(v.state -> 'evidence') came
        where came.value ->> 'judgement' is distinct from 'rejected'
        and came.value ->> 'received_at' is not null
        and (came.value ->> 'item' = item.key or came.value ->> 'kind' = item.value ->> 'kind'))
), handed as (
    select v.case_id, bool_and(given.value ->> 'party' = 'third_party') as outside
    from case_view v, jsonb_each(v.state -> 'handoffs') given
    where (given.value ->> 'blocking')::boolean
    and given.value ->> 'state' in ('requested', 'accepted')
    group by v.case_id
)
update queued_cases q set waiting_on = case
    when exists (select from unanswered u where u.case_id = q.case_id) then 'seller'
    when h.outside then 'third_party' when not h.outside then 'partner' else 'platform' end
from case_view v left join handed h using (case_id) where v.case_id = q.case_id;
"""


def upgrade() -> None:
    op.execute(_WAITS)
