"""Timers: each step fires once, not before it is due, and does fire."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from harness.anomalies import Anomaly, Name
from harness.checker_index import Index
from harness.facts import Written

_FIRED: Final = frozenset({"sla.warned.v1", "sla.breached.v1", "sla.window_ended.v1"})
_BREACHED, _RETRACTED = "sla.breached.v1", "sla.breach_retracted.v1"
GRACE: Final = 10.0  # seconds between being due, with the log read that far, and a tick


def timers(ix: Index) -> Iterator[Anomaly]:
    """I9, over all that sla-monitor said and has armed."""
    fired = [row for row in ix.dump.written if row.type in _FIRED]
    yield from _early(fired)
    yield from _twice(fired)
    yield from _unretracted(ix)
    yield from _never(ix)


def _early(fired: list[Written]) -> Iterator[Anomaly]:
    for row in fired:
        due = _instant(row.payload["due_at"])
        if _instant(row.payload["detected_at"]) < due or row.time < due:
            yield Anomaly(
                name=Name.EARLY_TIMER,
                invariant="I9",
                about=f"{row.payload['clock']} of {row.subject}",
                says=f"{row.type} before {row.payload['due_at']}",
                slice=(row,),
            )


def _twice(fired: list[Written]) -> Iterator[Anomaly]:
    found: dict[tuple[str, ...], list[Written]] = defaultdict(list)
    for row in fired:
        said = row.payload
        revision = str(said.get("revision", said["due_at"]))
        found[row.type, said["clock"], str(said.get("percent", 100)), revision].append(row)
    for (type_, clock, percent, revision), rows in found.items():
        if len(rows) > 1:
            yield Anomaly(
                name=Name.TIMER_TWICE,
                invariant="I9",
                about=f"{clock} of {rows[0].subject}",
                says=f"{type_} at {percent} % fired {len(rows)} times in revision {revision}",
                slice=tuple(rows),
            )


def _unretracted(ix: Index) -> Iterator[Anomaly]:
    """Count breaches against retractions, in the order in which they were said."""
    open_now: dict[tuple[str, int], Written] = {}
    said = [row for row in ix.dump.written if row.type in {_BREACHED, _RETRACTED}]
    for row in sorted(said, key=lambda one: (one.subject, one.sequence)):
        key = (row.payload["clock"], row.payload["revision"])
        if row.type == _RETRACTED and open_now.pop(key, None) is None:
            yield Anomaly(
                name=Name.PHANTOM,
                invariant="I9",
                about=f"{key[0]} of {row.subject}",
                says="a breach was retracted that nobody had said",
                slice=(row,),
            )
        elif row.type == _BREACHED:
            open_now[key] = row


def _never(ix: Index) -> Iterator[Anomaly]:
    blocked = {
        view.case for view in ix.dump.views if view.blocked and view.service == "sla-monitor"
    }
    for step in ix.dump.steps:
        if step.case not in blocked and step.due_at < step.caught_up_at - GRACE:
            yield Anomaly(
                name=Name.LATE_TIMER,
                invariant="I9",
                about=f"{step.clock} of {step.case}",
                says=f"{step.kind} at {step.percent} % was due and has not fired",
                slice=(step,),
            )


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
