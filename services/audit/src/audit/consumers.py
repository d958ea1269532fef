"""Door 2: audit keeps whole topics; nothing is skipped, nothing is parked."""

from collections.abc import Callable, Sequence
from typing import Final

from audit.handlers.stage_records import PublicKeys, stage_records
from audit.handlers.watch_checkpoints import watch_checkpoints
from chassis.cloudevents import RawRecord
from chassis.door import Tx
from chassis.signing import Signer
from chassis.subscriptions import Sink
from contracts.catalogue import CASES, CHECKPOINTS, GOVERNANCE

TOPICS: Final = (CASES, GOVERNANCE)
INGEST: Final = "ingest"


def sink(*, keys: Callable[[], PublicKeys], signer: Callable[[], Signer]) -> Sink:
    """Return what stages the records of both topics. The keys are read when the first comes."""

    async def store(records: Sequence[RawRecord], /, *, tx: Tx) -> None:
        await stage_records(records, tx=tx, keys=keys(), signer=signer())

    return Sink(name="audit", topics=TOPICS, store=store, role=INGEST)


def watcher() -> Sink:
    """Return what holds the checkpoints that were published against the log."""

    async def watch(records: Sequence[RawRecord], /, *, tx: Tx) -> None:
        await watch_checkpoints(records, tx=tx)

    return Sink(name="audit-checkpoints", topics=(CHECKPOINTS,), store=watch, role=INGEST)
