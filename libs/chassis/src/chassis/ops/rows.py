"""Rows that `/ops` lists: where to go on, and how a parked one is named."""

import re
from typing import Any, Final

from sqlalchemy import RowMapping, TextClause

from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import NotFound

LOOK: Final = Action("ops.look", {"operator": Scope.ANY})
PLACE: Final = ("consumer", "topic", "partition", "offset")

_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def after(key: tuple[Any, ...] | None, start: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return where to go on; a cursor of another list is taken for none."""
    fits = key is not None and [type(part) for part in key] == [type(part) for part in start]
    return key if fits and key is not None else start


async def fetch(
    tx: Tx, statement: TextClause, limit: int, where: dict[str, Any]
) -> list[RowMapping]:
    found = await tx.execute(statement, where | {"limit": limit + 1})
    return list(found.mappings())


def read_place(parked_id: str) -> dict[str, Any]:
    """
    Read the id that `GET /ops/parked` has written.

    Raises:
        NotFound: It is none.
    """
    parts = parked_id.split("~")
    if len(parts) != len(PLACE) or not all(_NUMBER.fullmatch(part) for part in parts[2:]):
        raise NotFound
    consumer, topic, partition, offset = parts
    return {
        "consumer": consumer,
        "topic": topic,
        "partition": int(partition),
        "offset": int(offset),
    }
