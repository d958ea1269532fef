"""First: the chassis's tables; sellers and the keys for them; cases, contacts and documents."""

from alembic import op

from chassis.schema import FIRST_MIGRATION

revision = "0001"
down_revision = None

OWN = """
create table spare_keys (
    key uuid primary key,
    public_key text not null,
    received_at timestamptz not null
);
create table sellers (
    marketplace text not null,
    seller uuid not null,
    ref_tag bytea,
    key uuid not null unique,
    public_key text not null,
    created_at timestamptz not null,
    primary key (seller),
    unique (marketplace, ref_tag)
);
create table cases (
    marketplace text not null,
    id uuid primary key,
    external_ref text,
    seller uuid not null references sellers,
    issue_type text not null,
    subject_tag bytea,
    status text not null,
    open boolean not null default true,
    playbook text not null,
    opened_at timestamptz not null
) with (fillfactor = 80);
create unique index cases_external_ref on cases (marketplace, external_ref)
    where external_ref is not null;
create unique index cases_open_subject on cases (marketplace, seller, subject_tag)
    where open and subject_tag is not null;
create index cases_newest on cases (marketplace, opened_at, id);
create index cases_of_seller on cases (marketplace, seller, opened_at, id);
create table contacts (
    marketplace text not null,
    message uuid primary key,
    case_id uuid not null references cases,
    external_ref text,
    received_at timestamptz not null
);
create unique index contacts_external_ref on contacts (marketplace, external_ref)
    where external_ref is not null;
create table evidence (
    marketplace text not null,
    id uuid primary key,
    case_id uuid not null references cases,
    kind text not null,
    provenance text not null,
    file_tag bytea,
    received_at timestamptz not null
);
create unique index evidence_file on evidence (marketplace, case_id, file_tag)
    where file_tag is not null;
"""


def upgrade() -> None:
    op.execute(FIRST_MIGRATION)
    op.execute(OWN)
