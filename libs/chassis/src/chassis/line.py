"""Which of a subject's parked records go next, and what they wait for. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from chassis.inbox import Cursor, Stream
from chassis.outcome import Gap
from chassis.parking import Held, Reason, State

_LOOK_AGAIN: Final = timedelta(seconds=30)


def next_in_line(
    held: Sequence[Held],
    cursors: Mapping[Stream, Cursor],
    *,
    now: datetime,
    limit: int,
    opener: Stream | None = None,
) -> list[Held]:
    """
    Choose which parked records of one subject go next, and in which order.

    Repeatedly the one of the lowest offset that is next in its stream (or was seen already), so
    that every service comes to the same order. Nothing passes a record that failed and is dead
    or not due; and nothing passes a gap before what is missing has come, be it long after
    nobody hoped for it any more. `opener` is the stream whose first record must come before all.
    """
    waiting = list(held)
    positions = {stream: cursor.sequence for stream, cursor in cursors.items()}
    chosen: list[Held] = []
    while len(chosen) < limit and (
        one := _first(_unless_unopened(waiting, positions, opener), positions, now=now)
    ):
        chosen.append(one)
        waiting.remove(one)
        positions[one.stream] = max(one.sequence, positions.get(one.stream, 0))
    return chosen


def _unless_unopened(
    waiting: list[Held], positions: Mapping[Stream, int], opener: Stream | None
) -> list[Held]:
    if opener is None or opener in positions:
        return waiting
    return [one for one in waiting if one.stream == opener]


def _first(waiting: list[Held], positions: dict[Stream, int], *, now: datetime) -> Held | None:
    if not waiting or not _may_start(waiting, positions):
        return None
    for one in waiting:
        if one.reason == Reason.FAILED and (one.state == State.DEAD or one.next_attempt_at > now):
            return None
        if one.sequence <= positions.get(one.stream, 0) + 1:
            return one
    return None


def _may_start(waiting: list[Held], positions: dict[Stream, int]) -> bool:
    """Tell whether what the first record waits for has come, be it later in the topic."""
    first = waiting[0]
    wanted = positions.get(first.stream, 0) + 1
    return first.sequence <= wanted or any(
        one.stream == first.stream and one.sequence == wanted for one in waiting
    )


def missing_before(
    held: Sequence[Held], cursors: Mapping[Stream, Cursor], *, opener: Stream | None = None
) -> Gap | None:
    """Say what the first record waits for, None if that has come: it waits too."""
    stream = opener or held[0].stream
    cursor = cursors.get(stream)
    wanted = (cursor.sequence if cursor else 0) + 1
    if any(one.stream == stream and one.sequence <= wanted for one in held):
        return None
    return Gap(
        producer=stream.producer,
        topic=stream.topic,
        subject=stream.subject,
        from_sequence=wanted,
    )


def look_again_at(held: Sequence[Held], *, now: datetime) -> datetime:
    """Say when a subject of which nothing can go on may have changed by itself."""
    failed = [one for one in held if (one.reason, one.state) == (Reason.FAILED, State.WAITING)]
    due = (one.next_attempt_at for one in failed if one.next_attempt_at > now)
    return min(due, default=now + _LOOK_AGAIN)
