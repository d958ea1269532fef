"""Hold how far a producer says that it spoke against how far the log has heard it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from audit.domain.arrivals import Stream
from audit.store import streams
from chassis.door import Tx

# What was said a moment ago may still be on its way.
_ON_ITS_WAY_FOR: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The last that a producer says to have said about one subject."""

    stream: Stream
    last_sequence: int
    at: datetime


async def compare_heads(tx: Tx, said: Sequence[Said]) -> dict[Stream, int]:
    """Return the streams of which the log lacks the end, and the first number it lacks."""
    heard = await streams.read_last(tx, [one.stream for one in said])
    return {
        one.stream: heard.get(one.stream, 0) + 1
        for one in said
        if one.last_sequence > heard.get(one.stream, 0) and tx.now - one.at > _ON_ITS_WAY_FOR
    }
