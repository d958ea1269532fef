"""What kind of failure an error is, and what may be written down of it."""

from datetime import timedelta
from enum import Enum, auto
from typing import Final

import asyncpg
from pydantic import ValidationError
from sqlalchemy.exc import (
    DBAPIError,
    PendingRollbackError,
    ResourceClosedError,
    StatementError,
    TimeoutError as NoConnectionInTime,
)

from chassis.door import sqlstate
from chassis.failpoint import Reached
from chassis.ids import NotAnId
from chassis.outbox import MayNotSpeak, PayloadTooLarge
from contracts.lifecycle.v1 import CaseNotOpened
from contracts.writing import UnknownWord

LONGEST_PAUSE: Final = timedelta(hours=1)
_LONGEST_TEXT: Final = 300
# connection exceptions, insufficient resources, operator intervention (shutdown, crash)
_SYSTEMIC_CLASSES: Final = ("08", "53", "57P0")
# data exceptions, integrity violations: the same again would fail again
_PERMANENT_CLASSES: Final = ("22", "23")
# Without a code: no connection within the pool's patience, or lost. Other errors of SQLAlchemy
# (no such row) are the record's own: one of them must not stop a partition.
_NO_CONNECTION: Final = (DBAPIError, NoConnectionInTime, PendingRollbackError, ResourceClosedError)


class Permanent(Exception):
    """Raised by a handler: no retry will help, a person must look."""


# The same again would fail again, and no other record would.
_ITS_OWN: Final = (
    ValidationError,
    Permanent,
    PayloadTooLarge,
    UnknownWord,
    CaseNotOpened,
    NotAnId,
)


class Kind(Enum):
    """How a failure is met."""

    TRANSIENT = auto()  # wait, try again
    PERMANENT = auto()  # dead at once, visible in /ops
    SYSTEMIC = auto()  # not the record's fault: pause everything


def classify(error: BaseException) -> Kind:
    """Tell a failure of this record from one that would meet any record."""
    if isinstance(error, _ITS_OWN) or _is_refused_value(error):
        return Kind.PERMANENT
    if isinstance(error, Reached | MayNotSpeak | OSError | asyncpg.InterfaceError):
        return Kind.SYSTEMIC
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Kind.SYSTEMIC
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError) and error.orig:
        return classify(error.orig)  # a value of this record that no column takes
    return _classify_by_code(sqlstate(error), error)


def _is_refused_value(error: BaseException) -> bool:
    """Tell the driver's complaint about a value from its complaint about the connection."""
    return isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)


def _classify_by_code(code: str | None, error: BaseException) -> Kind:
    if code is None:
        return Kind.SYSTEMIC if isinstance(error, _NO_CONNECTION) else Kind.TRANSIENT
    if code.startswith(_SYSTEMIC_CLASSES):
        return Kind.SYSTEMIC
    return Kind.PERMANENT if code.startswith(_PERMANENT_CLASSES) else Kind.TRANSIENT


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: 1 s, doubling, at most an hour."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 12)), LONGEST_PAUSE)


def describe(error: BaseException) -> str:
    """
    Say what failed without repeating what was read.

    A database error is its type, code and constraint: its text may hold values.
    """
    if isinstance(error, ValidationError):
        places = ("/".join(map(str, one["loc"])) + f" {one['type']}" for one in error.errors())
        return _clip(f"{error.title}: {'; '.join(places)}")
    if code := sqlstate(error):
        inner = error.orig if isinstance(error, DBAPIError) else error
        cause = getattr(inner, "__cause__", None) or inner
        constraint = getattr(cause, "constraint_name", None)
        return " ".join(filter(None, (type(error).__name__, code, constraint)))
    return _clip(f"{type(error).__name__}: {error}")


def _clip(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:_LONGEST_TEXT]
