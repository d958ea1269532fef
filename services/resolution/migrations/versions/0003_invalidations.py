"""Third: letters that were withdrawn, who had got them, and articles that a language lacks."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# `listed_at`: when the cases that had used it were written to recontacts, once and completely.
OWN = """
create table invalidations (
    id uuid primary key,
    marketplace text not null,
    asset text not null,
    playbook text,
    regions text[] not null,
    reason text not null,
    instead text,
    effective_at timestamptz not null,
    invalidated_at timestamptz not null,
    actor text not null,
    listed_at timestamptz,
    council_case uuid
);
create index invalidations_of_asset on invalidations (marketplace, asset, effective_at);
create index invalidations_in_order on invalidations (marketplace, invalidated_at, id);
create index invalidations_unlisted on invalidations (effective_at) where listed_at is null;
create table recontacts (
    invalidation_id uuid not null references invalidations,
    case_id uuid not null,
    marketplace text not null,
    first_used_at timestamptz not null,
    noted_at timestamptz,
    asked boolean,
    outcome text check (outcome in ('contact_again', 'no_contact')),
    reason text,
    decided_by text,
    decided_at timestamptz,
    primary key (invalidation_id, case_id)
);
create index recontacts_in_order on recontacts (invalidation_id, first_used_at, case_id);
create index recontacts_of_case on recontacts (marketplace, case_id);
create index recontacts_unnoted on recontacts (invalidation_id, case_id) where noted_at is null;
create index messages_template on messages (marketplace, template, sent_at);
create table knowledge_gaps (
    marketplace text not null,
    article text not null,
    language text not null,
    given text not null,
    case_id uuid not null,
    message_id uuid not null references messages,
    noted_at timestamptz not null,
    primary key (marketplace, article, language, message_id)
);
"""


def upgrade() -> None:
    op.execute(OWN)
