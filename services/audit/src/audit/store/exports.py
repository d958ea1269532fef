"""Bundles that were made, as they were handed out."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from chassis import ids
from chassis.door import Tx

PREFIX: Final = "exp"

_ADD = text("""
insert into exports (marketplace, id, subject, as_of, events, requester, created_at, zip)
values (:marketplace, :id, :subject, :as_of, :events, :requester, :created_at, :zip)
""")
_FIND = text("select marketplace, subject, as_of, events, zip from exports where id = :id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One bundle: of what, as of which tree size, and its bytes."""

    id: str
    marketplace: str
    subject: str
    as_of: int
    events: int
    zip: bytes


async def add(tx: Tx, export: Export) -> None:
    await tx.execute(
        _ADD,
        {
            "marketplace": export.marketplace,
            "id": ids.to_uuid(export.id, prefix=PREFIX),
            "subject": export.subject,
            "as_of": export.as_of,
            "events": export.events,
            "requester": tx.journey.actor,
            "created_at": tx.now,
            "zip": export.zip,
        },
    )


async def find(tx: Tx, export_id: str) -> Export | None:
    try:
        key = ids.to_uuid(export_id, prefix=PREFIX)
    except ids.NotAnId:
        return None
    row = (await tx.execute(_FIND, {"id": key})).one_or_none()
    return row and Export(id=export_id, **row._asdict())
