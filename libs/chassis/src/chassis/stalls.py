"""Says when the event loop stands still: nothing that runs in it could."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from prometheus_client import Counter

LONGEST: Final = 2.0  # seconds; heartbeats to Kafka share the loop and are due every second
_LOOKS_EVERY: Final = 0.5

_STALLS = Counter("chassis_event_loop_stalls", "Times that the event loop stood still.")
_log = structlog.get_logger()


@contextmanager
def noticed(*, longest: float = LONGEST) -> Iterator[None]:
    """Log each stall of the running loop as long as the block lasts. It only logs."""
    over = threading.Event()
    loop = asyncio.get_running_loop()
    watcher = threading.Thread(
        target=_watch, args=(loop, over, longest), name="event-loop-stalls", daemon=True
    )
    watcher.start()
    try:
        yield
    finally:
        over.set()


def _watch(loop: asyncio.AbstractEventLoop, over: threading.Event, longest: float) -> None:
    while not over.wait(_LOOKS_EVERY):
        beat, asked = threading.Event(), time.monotonic()
        try:
            loop.call_soon_threadsafe(beat.set)
        except RuntimeError:
            return  # the loop is closed: the process ends
        if not beat.wait(longest):
            _STALLS.inc()
            _log.error("event_loop_stalled", longer_than_seconds=longest)
            if _until_it_beats(beat, over):
                _log.warning("event_loop_goes_on", seconds=round(time.monotonic() - asked, 1))


def _until_it_beats(beat: threading.Event, over: threading.Event) -> bool:
    while not over.is_set():
        if beat.wait(_LOOKS_EVERY):
            return True
    return False
