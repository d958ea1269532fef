"""What clients were told, held against what is there."""

from collections.abc import Iterator
from typing import Final

from harness.anomalies import Anomaly, Name
from harness.checker_index import CASES, Index, Stream
from harness.facts import Written
from harness.history import Operation, Result

NOT_FOUND: Final = 404


def acceptance(ix: Index) -> Iterator[Anomaly]:
    """I1, I12: a yes stands, a no left nothing, and one key did its work at most once."""
    for operation in ix.dump.history:
        found = _events(ix, operation)
        match operation.result:
            case Result.OK:
                yield from _stands(ix, operation, found)
            case Result.FAIL:
                yield from _left_nothing(operation, found)
            case Result.INFO:
                pass  # either way; what is half done shows in the rows and their events
        yield from _once(operation, found)


def _events(ix: Index, operation: Operation) -> list[Written]:
    ids = operation.facts.get("request_ids", ())
    return [row for request_id in ids for row in ix.asked.get(request_id, ())]


def _stands(ix: Index, operation: Operation, found: list[Written]) -> Iterator[Anomaly]:
    if operation.facts.get("may_not"):
        yield _told(Name.FAIL_OPEN, "I12", operation, f"yes, though {operation.facts['may_not']}")
    for type_ in operation.facts.get("says", ()):
        if not any(row.type == type_ for row in found):
            yield _told(Name.LOST_WRITE, "I1", operation, f"said yes, and there is no {type_}")
    for service, sequence in operation.facts.get("position", {}).items():
        stream = Stream(service, CASES, operation.subject or "")
        rows = ix.streams.get(stream, ())
        if sequence and (not rows or rows[-1].sequence < sequence):
            says = f"said it was at {sequence} of {stream}, which is not there"
            yield _told(Name.LOST_WRITE, "I12", operation, says, *rows[-1:])
    if operation.subject and operation.facts.get("opens"):
        yield from _opened_once(ix, operation, operation.subject)


def _opened_once(ix: Index, operation: Operation, case: str) -> Iterator[Anomaly]:
    """Look for the case itself: its first event and its row are checked against each other."""
    rows = ix.streams.get(Stream("intake", CASES, case), ())
    opened = [row for row in rows if row.type == "case.opened.v1"]
    if not opened:
        yield _told(Name.LOST_WRITE, "I1", operation, f"there is no {case}")
    elif len(opened) > 1:
        yield _told(Name.DUPLICATE, "I1", operation, f"{case} was opened twice", *opened)


def _left_nothing(operation: Operation, found: list[Written]) -> Iterator[Anomaly]:
    if found:
        yield _told(Name.PHANTOM, "I1", operation, "was refused, and yet done", *found)


def _once(operation: Operation, found: list[Written]) -> Iterator[Anomaly]:
    tries = {row.request_id for row in found}
    if len(tries) > 1:
        yield _told(Name.DUPLICATE, "I1", operation, f"{len(tries)} tries had their effect", *found)


def stale_reads(ix: Index) -> Iterator[Anomaly]:
    """I1: whoever was told of a case finds it from then on."""
    known: dict[str, Operation] = {}
    for operation in sorted(ix.dump.history, key=lambda one: one.invoked):
        if operation.op != "read_case" or operation.subject is None:
            continue
        if operation.status == NOT_FOUND:
            filed = known.get(operation.subject) or _filing(ix, operation.subject)
            if filed and (filed.completed or operation.invoked) < operation.invoked:
                yield _told(Name.LOST_WRITE, "I1", operation, "could not be found again", filed)
        elif operation.result is Result.OK:
            known.setdefault(operation.subject, operation)


def _filing(ix: Index, case: str) -> Operation | None:
    ok = (
        one
        for one in ix.dump.history
        if one.subject == case and one.facts.get("opens") and one.result is Result.OK
    )
    return next(ok, None)


def _told(
    name: Name, invariant: str, operation: Operation, says: str, *shown: Written | Operation
) -> Anomaly:
    about = f"{operation.op} {operation.subject or operation.key}"
    return Anomaly(
        name=name, invariant=invariant, about=about, says=says, slice=(operation, *shown)
    )
