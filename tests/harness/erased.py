"""What is left of sellers who were erased: at rest it should be nothing."""

from collections.abc import Mapping, Sequence
from typing import Final

from chassis.ids import from_uuid, to_uuids
from harness.facts import Sighting
from harness.tables import a_still_look

# Where something of a seller can be left, and whose it is then.
_LEFT: Final = {
    "intake": {
        "sellers.ref_tag": "select seller from sellers where ref_tag is not null",
        "cases.subject_tag": "select seller from cases where subject_tag is not null",
        "evidence": "select c.seller from evidence e join cases c on c.id = e.case_id"
        " where e.file_tag is not null or e.file_removed_at is null",
    },
    "vault": {"keys": "select seller from keys where wrapped is not null"},
}


async def left_of(databases: Mapping[str, str], gone: Sequence[str]) -> list[Sighting]:
    """Name each place that still has a tag, a file or the private key of one of them."""
    sellers = to_uuids(list(gone))
    found = []
    for service in _LEFT.keys() & databases.keys():
        async with a_still_look(databases[service]) as connection:
            for place, everybody in _LEFT[service].items():
                asked = f"select distinct seller from ({everybody}) t where seller = any($1)"  # noqa: S608 - texts above
                found += [
                    Sighting(where=f"{service}.{place}", text=f"{from_uuid('sel', one)} was erased")
                    for (one,) in await connection.fetch(asked, sellers)
                ]
    return found
