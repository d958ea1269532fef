"""Names of things: UUIDv7 inside, TypeIDs (`case_01m8…`) wherever someone reads them."""

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import rfc8785
from sqlalchemy import Uuid
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# Two letters at a time there, and Python's own base 32 back: ids are read and written by thousands.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_AS_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
# 130 bits of base32 hold 128; the first letter is therefore at most 7.
_LETTERS = re.compile(f"[0-7][{_ALPHABET}]{{25}}")
_DERIVED = UUID("6f1d2b2e-6f0a-5a51-9d0c-2f1f0f6f9a11")


class NotAnId(ValueError):
    """The text is no TypeID, or one of another kind."""


def new_id(prefix: str, now: datetime) -> str:
    """Name a new thing. `now` is the door's."""
    return from_uuid(prefix, uuid7(now))


def uuid7(now: datetime) -> UUID:
    """Make a UUIDv7 (RFC 9562) of a given instant: 48 bits of milliseconds, 74 random ones."""
    milliseconds = int(now.timestamp() * 1000)
    random = int.from_bytes(os.urandom(10))
    high, low = random >> 68, random & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def derived_id(prefix: str, *parts: str) -> str:
    """Name what its parts identify: the same parts, the same id, on every machine."""
    return from_uuid(prefix, derived_uuid(*parts))


def derived_uuid(*parts: str) -> UUID:
    """
    Derive a UUIDv5 from parts.

    They are joined as a JSON list: joined by a sign, `a` + `b/c` and `a/b` + `c` would collide.
    """
    return uuid5(_DERIVED, rfc8785.dumps(list(parts)).decode())


def from_uuid(prefix: str, value: UUID) -> str:
    number = value.int
    letters = [_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)]
    return f"{prefix}_{''.join(letters)}"


def to_uuid(text: str, *, prefix: str | None = None) -> UUID:
    """
    Read a TypeID, of the kind `prefix` if one is given.

    Raises:
        NotAnId: It is none, or is of another kind.
    """
    kind, _, letters = text.rpartition("_")
    if not kind or (prefix is not None and kind != prefix):
        raise NotAnId("not an id of this kind")
    if not _LETTERS.fullmatch(letters):
        raise NotAnId("not an id")
    return UUID(int=int(letters.translate(_AS_DIGITS), 32))


def to_uuids(texts: Sequence[str]) -> list[UUID]:
    return [to_uuid(text) for text in texts]


def created_at(text: str) -> datetime:
    """Say when the thing was named: only of ids made by `new_id`, to the millisecond."""
    return datetime.fromtimestamp((to_uuid(text).int >> 80) / 1000, tz=UTC)


def age(text: str, now: datetime) -> timedelta:
    return now - created_at(text)


class TypeId(TypeDecorator[str]):
    """A `uuid` column that Python sees as TypeIDs with one prefix."""

    impl = Uuid
    cache_ok = True

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    @override
    def process_bind_param(self, value: str | None, dialect: Any) -> UUID | None:
        return None if value is None else to_uuid(value, prefix=self.prefix)

    @override
    def process_result_value(self, value: Any | None, dialect: Any) -> str | None:
        return None if value is None else from_uuid(self.prefix, value)
