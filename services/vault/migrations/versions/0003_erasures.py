"""Third: a seller's key can be destroyed, by two people; and which cases are whose."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = """
alter table keys
    alter column wrapped drop not null,
    add column destroyed_at timestamptz,
    add constraint keys_destroyed check ((state = 'destroyed') = (wrapped is null));
create table erasures (
    seller uuid primary key,
    marketplace text not null,
    key uuid not null unique,
    legal_basis text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    approved_by text check (approved_by <> requested_by),
    erased_at timestamptz,
    check ((approved_by is null) = (erased_at is null))
);
create table seller_cases (
    seller text,
    case_id uuid,
    primary key (seller, case_id)
);
insert into seller_cases (seller, case_id)
    select state -> 'seller' ->> 'id', case_id from case_view;
"""


def upgrade() -> None:
    op.execute(_TABLES)
