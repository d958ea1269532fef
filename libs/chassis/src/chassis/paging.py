"""Lists in pages: opaque keyset cursors, never OFFSET (architecture.md §5)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Generic, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel, Field

from chassis.ids import NotAnId, to_uuid
from chassis.json_text import NotJson, parse
from chassis.problems import FieldError, Invalid

LONGEST: Final = 200
USUAL: Final = 50
_LONGEST_CURSOR: Final = 1000

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)
KeyPart: TypeAlias = str | int | float | bool | None
Key: TypeAlias = tuple[KeyPart, ...]


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item] = Field(description="In the list's order.")
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which page. Ask the database for `limit + 1` rows behind `after`, in the key's order."""

    limit: int = USUAL
    after: Key | None = None

    def page(
        self,
        rows: Sequence[Row],
        *,
        key: Callable[[Row], Sequence[object]],
        item: Callable[[Row], Item],
    ) -> Page[Item]:
        """Make the page of up to `limit + 1` rows; the one too many shows that more follow."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        following = encode(key(shown[-1])) if more else None
        return Page(items=[item(row) for row in shown], next=following)


def encode(key: Sequence[object]) -> str:
    """Write a key as a cursor. Moments become RFC 3339 text."""
    parts = [_plain(part) for part in key]
    return urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def _plain(part: object) -> object:
    return part.astimezone(UTC).isoformat() if isinstance(part, datetime) else part


def decode(cursor: str) -> Key:
    """
    Read a cursor.

    Raises:
        Invalid: We did not write it.
    """
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        read = parse(raw)
    except (ValueError, NotJson) as error:
        raise _unknown() from error
    parts = read.value
    if read.too_large or not isinstance(parts, list):
        raise _unknown()
    if not all(isinstance(part, KeyPart) for part in parts):
        raise _unknown()
    return tuple(parts)


def moment_and_id(key: Key | None, *, prefix: str) -> tuple[datetime, str] | None:
    """
    Read the key of a list that goes by time, then id. None on the first page.

    Raises:
        Invalid: It is the cursor of another list, or of nobody's.
    """
    match key:
        case None:
            return None
        case [str(at), str(object_id)]:
            return _moment(at), _checked(object_id, prefix)
        case _:
            raise _unknown()


def _moment(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _unknown() from error


def _checked(object_id: str, prefix: str) -> str:
    try:
        to_uuid(object_id, prefix=prefix)
    except NotAnId as error:
        raise _unknown() from error
    return object_id


def _unknown() -> Invalid:
    return Invalid([FieldError("/query/cursor", "cursor", "use `next` of the page before")])


def _wanted(
    cursor: Annotated[
        str | None,
        Query(description="`next` of the page before.", max_length=_LONGEST_CURSOR),
    ] = None,
    limit: Annotated[int, Query(description="Items a page.", ge=1, le=LONGEST)] = USUAL,
) -> Wanted:
    return Wanted(limit=limit, after=decode(cursor) if cursor else None)


PageWanted: TypeAlias = Annotated[Wanted, Depends(_wanted)]
"""A list route's parameters `cursor` and `limit`."""


def link_to(path: str, query: str, cursor: str) -> str:
    """Write the Link header (RFC 8288) of the next page: the same question, further on."""
    kept = [(name, value) for name, value in parse_qsl(query) if name != "cursor"]
    return f'<{path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'
