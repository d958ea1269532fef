"""What members of the council said about an escalation."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ARRAY, Column, DateTime, MetaData, String, Table
from sqlalchemy.dialects.postgresql import insert

from chassis.door import Tx
from chassis.ids import TypeId
from sla_monitor.domain.council import Vote
from sla_monitor.domain.escalations import Escalation

_TABLE: Final = Table(
    "council_votes",
    MetaData(),
    Column("marketplace", String, primary_key=True),
    Column("escalation_id", TypeId("esc"), primary_key=True),
    Column("member", TypeId("mem"), primary_key=True),
    Column("outcome", String, nullable=False),
    Column("reasons", ARRAY(String), nullable=False),
    Column("voted_at", DateTime(timezone=True), nullable=False),
)


async def put(tx: Tx, escalation: Escalation, vote: Vote) -> None:
    """Keep a member's vote in the place of an earlier one."""
    said = {"outcome": vote.outcome, "reasons": list(vote.reasons), "voted_at": vote.voted_at}
    keys = {"marketplace": escalation.marketplace, "escalation_id": escalation.escalation_id}
    new = insert(_TABLE).values({**keys, "member": vote.member, **said})
    await tx.execute(new.on_conflict_do_update(index_elements=_TABLE.primary_key, set_=said))


async def list_for(tx: Tx, escalations: Collection[Escalation]) -> dict[str, list[Vote]]:
    """List the votes on each escalation, the oldest first."""
    statement = (
        _TABLE.select()
        .where(_TABLE.c.marketplace.in_({one.marketplace for one in escalations}))
        .where(_TABLE.c.escalation_id.in_([one.escalation_id for one in escalations]))
        .order_by(_TABLE.c.voted_at, _TABLE.c.member)
    )
    found: dict[str, list[Vote]] = {one.escalation_id: [] for one in escalations}
    for row in await tx.execute(statement):
        found[row.escalation_id].append(
            Vote(
                member=row.member,
                outcome=row.outcome,
                reasons=tuple(row.reasons),
                voted_at=row.voted_at,
            )
        )
    return found
