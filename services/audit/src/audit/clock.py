"""Door 3: events get their place, missing ones are asked for, the head is signed."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from audit.domain.retention import Rule
from audit.handlers.clear_bodies import AT_ONCE, clear_expired
from audit.handlers.sequence_batch import Sequencer, sequence_batch
from audit.handlers.sign_head import Notary, sign_head
from audit.store import streams
from audit.store.streams import Missing
from chassis.clock import Duty
from chassis.door import Tx
from chassis.draining import Ask, ProducerSilent
from chassis.outcome import Gap
from chassis.signing import Signer

SEQUENCER: Final = "sequencer"
SIGNER: Final = "signer"
_BATCH_CLOSES: Final = timedelta(milliseconds=50)
_LOOKS_AT_HEAD: Final = timedelta(milliseconds=250)
_CLEARS: Final = timedelta(hours=1)

_log = structlog.get_logger()


def sequencing(*, signer: Callable[[], Signer], patience: timedelta) -> Duty:
    """Append what is staged, a batch every 50 ms or 500 leaves; one process at a time."""
    by = Sequencer()

    async def work(tx: Tx) -> bool:
        return await sequence_batch(tx, by=by, signer=signer(), patience=patience)

    return Duty(name="sequence", every=_BATCH_CLOSES, work=work, role=SEQUENCER)


@dataclass(slots=True, kw_only=True)
class Repair:
    """Asks producers for what holds a subject; outside of any transaction."""

    producers: Callable[[], AbstractAsyncContextManager[Ask]]
    wanted: Sequence[Missing] = field(default=())

    async def ask(self) -> bool:
        """Ask for what the last look has found; say whether there was anything."""
        wanted, self.wanted = self.wanted, ()
        if wanted:
            async with self.producers() as ask:
                for missing in wanted:
                    await _ask_for(missing, ask)
        return bool(wanted)

    async def look(self, tx: Tx, asked: bool) -> bool:  # noqa: FBT001 - the clock passes what `ask` returned
        """Look for what is missing, to be asked for at once; then wait for the next turn."""
        if not asked:
            self.wanted = await streams.list_missing(tx, held_before=tx.now)
        return bool(self.wanted)


async def _ask_for(missing: Missing, ask: Ask) -> None:
    stream = missing.stream
    gap = Gap(
        producer=stream.producer,
        topic=stream.topic,
        subject=stream.subject,
        from_sequence=missing.first,
    )
    try:
        await ask(gap)
    except ProducerSilent as error:
        # Asked again at the next turn; after the settled patience the log says that it is missing.
        _log.warning("producer_silent", producer=stream.producer, why=str(error))


def repairing(repair: Repair, *, every: timedelta) -> Duty:
    return Duty(name="repair", every=every, prepare=repair.ask, work=repair.look, role=SEQUENCER)


def signing(notary: Callable[[], Notary]) -> Duty:
    """Look at the head four times a second; sign what is new within one."""

    async def work(tx: Tx) -> None:
        await sign_head(tx, by=notary())

    return Duty(name="sign", every=_LOOKS_AT_HEAD, work=work, role=SIGNER)


def clearing(rules: Callable[[], Sequence[Rule]], *, signer: Callable[[], Signer]) -> Duty:
    """Clear every hour what was kept long enough and is under no hold."""

    async def load() -> Sequence[Rule]:
        return await asyncio.to_thread(rules)

    async def work(tx: Tx, found: Sequence[Rule]) -> bool:
        cleared = [await clear_expired(tx, rule, signer=signer()) for rule in found]
        return AT_ONCE in cleared

    return Duty(name="clear-bodies", every=_CLEARS, prepare=load, work=work, role=SEQUENCER)
