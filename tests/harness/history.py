"""What the load driver did, operation by operation, and what it was told."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from time import time
from typing import IO, Any


class Result(StrEnum):
    """What is known of an operation: it happened, it did not, or nobody can tell."""

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One request with its key, however often it was sent. Times: seconds since 1970."""

    op: str
    key: str
    invoked: float
    completed: float | None = None
    result: Result = Result.INFO
    status: int | None = None
    service: str = ""
    subject: str | None = None
    """The case it is about, as a TypeID, once known."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the answer said: `case`, `position`, `replayed`, `code`, `request_ids` …"""


class History:
    """An append-only list of operations; with a path, also one JSON line for each half of one."""

    def __init__(self, path: Path | None = None) -> None:
        self._found: dict[str, Operation] = {}
        self._lock = threading.Lock()
        self._file: IO[str] | None = path.open("a") if path else None

    @property
    def operations(self) -> Sequence[Operation]:
        """All of them in the order in which they began; those still open are `info`."""
        with self._lock:
            return tuple(self._found.values())

    def invoke(self, op: str, key: str, *, service: str = "", subject: str | None = None) -> None:
        """Note that an operation begins; until it completes, it may have happened or not."""
        self._note(Operation(op=op, key=key, invoked=time(), service=service, subject=subject))

    def complete(
        self,
        key: str,
        result: Result,
        *,
        status: int | None = None,
        subject: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Note what an operation came to."""
        begun = self._found[key]
        self._note(
            replace(
                begun,
                completed=time(),
                result=result,
                status=status,
                subject=subject or begun.subject,
                facts=dict(facts or {}),
            )
        )

    def _note(self, operation: Operation) -> None:
        with self._lock:
            self._found[operation.key] = operation
            if self._file:
                self._file.write(json.dumps(asdict(operation)) + "\n")
                self._file.flush()

    def close(self) -> None:
        if self._file:
            self._file.close()


def read_history(lines: Iterator[str]) -> list[Operation]:
    """Read what a History has written: the last line of each key counts."""
    found: dict[str, Operation] = {}
    for line in lines:
        operation = read_operation(json.loads(line))
        found[operation.key] = operation
    return list(found.values())


def read_operation(written: Mapping[str, Any]) -> Operation:
    return Operation(**{**written, "result": Result(written["result"])})
