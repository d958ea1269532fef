"""Words that people added to what they did, sealed to the seller's key."""

from sqlalchemy import Column, DateTime, String, Table, insert
from sqlalchemy.dialects.postgresql import JSONB

from chassis.door import Tx
from chassis.ids import TypeId
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from resolution.store.tables import metadata

notes = Table(
    "notes",
    metadata,
    Column("marketplace", String, nullable=False),
    Column("case_id", TypeId("case"), nullable=False),
    Column("about", String, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("actor", String, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
)


async def add_note(tx: Tx, state: CaseState, *, about: str, body: SealedValue) -> None:
    """Keep a note about something of the case: a document, a point, a request, a decision."""
    await tx.execute(
        insert(notes).values(
            marketplace=state.marketplace,
            case_id=state.case_id,
            about=about,
            body=body.model_dump(mode="json", by_alias=True),
            actor=tx.journey.actor,
            written_at=tx.now,
        )
    )
