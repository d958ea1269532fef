"""Seventh: what a seller is to its marketplace, as the marketplace said it last."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Sellers whom the marketplace has filed for are what it said then, by the folds of their cases.
OWN = """
alter table sellers add column tier text, add column region text,
    add constraint sellers_standing check ((tier is null) = (region is null));
update sellers set tier = said.tier, region = said.region from (
    select distinct on (cases.seller) cases.seller, view.state -> 'seller' ->> 'tier' as tier,
        view.state -> 'seller' ->> 'region' as region
    from cases join case_view as view on view.case_id = cases.id
    where view.state -> 'acting_party' ->> 'assurance' = 'front_end'
    order by cases.seller, cases.opened_at desc
) as said where said.seller = sellers.seller;
"""


def upgrade() -> None:
    op.execute(OWN)
