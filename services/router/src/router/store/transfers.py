"""`transfers`: the teams that had a case or were handed it, in their order."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Identity,
    MetaData,
    String,
    Table,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.door import Tx
from router.domain.ping_pong import Outcome, Stay
from router.domain.queueing import CaseKey

table: Final = Table(
    "transfers",
    MetaData(),
    Column("marketplace", String, primary_key=True),
    Column("case_id", ids.TypeId("case"), primary_key=True),
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("team", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("handoff", ids.TypeId("hnd")),
    Column("outcome", String, nullable=False),
    Column("settled", Boolean, nullable=False),
)


async def add_queue(tx: Tx, case: CaseKey, *, team: str, rule: str) -> None:
    """Note that a queue's team has the case now, and that the one before has let it go."""
    await tx.execute(
        update(table)
        .where(*_of(case), table.c.handoff.is_(None), table.c.outcome == "here")
        .values(outcome="moved")
    )
    row = {"team": team, "rule": rule, "outcome": "here", "settled": False}
    await tx.execute(
        insert(table).values(marketplace=case.marketplace, case_id=case.case_id, at=tx.now, **row)
    )


async def put_handoff(tx: Tx, case: CaseKey, *, handoff: str, team: str, rule: str) -> None:
    """Note that a team was handed the case; asking it again is the same stay."""
    new = insert(table).values(
        marketplace=case.marketplace,
        case_id=case.case_id,
        at=tx.now,
        team=team,
        rule=rule,
        handoff=handoff,
        outcome="here",
        settled=False,
    )
    await tx.execute(
        new.on_conflict_do_update(
            index_elements=["marketplace", "case_id", "handoff"],
            set_={"outcome": "here"},
        )
    )


async def end_handoff(tx: Tx, case: CaseKey, *, handoff: str, outcome: Outcome) -> None:
    await tx.execute(
        update(table).where(*_of(case), table.c.handoff == handoff).values(outcome=outcome)
    )


async def list_unsettled(tx: Tx, case: CaseKey) -> list[Stay]:
    """Return the stays since an arbiter last decided, in order."""
    found = await tx.execute(
        select(table).where(*_of(case), ~table.c.settled).order_by(table.c.number)
    )
    return [
        Stay(
            team=row["team"],
            rule=row["rule"],
            outcome=row["outcome"],
            handed=row["handoff"] is not None,
        )
        for row in found.mappings()
    ]


async def settle(tx: Tx, case: CaseKey) -> None:
    """Begin the trail anew: what an arbiter has decided counts no more."""
    await tx.execute(
        update(table)
        .where(*_of(case), ~((table.c.outcome == "here") & table.c.handoff.is_(None)))
        .values(settled=True)
    )


def _of(case: CaseKey) -> Sequence[ColumnElement[bool]]:
    return (table.c.marketplace == case.marketplace, table.c.case_id == case.case_id)
