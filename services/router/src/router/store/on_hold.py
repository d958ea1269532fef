"""Cases that this service has parked: what it knows of them is not all that was said."""

from typing import Final

from chassis import ids, parking
from chassis.door import Tx
from chassis.positions import Reader, is_held

READER: Final = Reader(service="router", consumer="router")


async def list_cases(tx: Tx) -> frozenset[str]:
    """Name them all: few, unless something is very wrong."""
    return frozenset(filter(_is_case, await parking.list_subjects(tx, READER.consumer)))


async def holds(tx: Tx, case_id: str) -> bool:
    """Look again at one, under its lock."""
    return await is_held(tx.connection, case_id, READER)


def _is_case(subject: str) -> bool:
    try:
        ids.to_uuid(subject, prefix="case")
    except ids.NotAnId:
        return False
    return True
