"""Door 3: events get their place, missing ones are asked for, the head is signed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.clients import Lend, ReadHeads
from audit.domain.arrivals import Stream
from audit.domain.retention import Rule
from audit.handlers.clear_bodies import AT_ONCE, clear_expired
from audit.handlers.compare_heads import Said, compare_heads
from audit.handlers.sequence_batch import Sequencer, sequence_batch
from audit.handlers.sign_head import Notary, sign_head, would_do_something
from audit.store import staged, streams
from audit.store.streams import Missing
from chassis.clock import Duty
from chassis.door import Tx
from chassis.draining import Ask, ProducerSilent
from chassis.outcome import Gap
from chassis.signing import Signer
from contracts.catalogue import CASES, GOVERNANCE

TOPICS: Final = (CASES, GOVERNANCE)
SEQUENCER: Final = "sequencer"
SIGNER: Final = "signer"
_BATCH_CLOSES: Final = timedelta(milliseconds=50)
_LOOKS_WHETHER_DUE: Final = timedelta(minutes=5)
_LOOKS_AT_HEAD: Final = timedelta(milliseconds=100)
_CLEARS: Final = timedelta(hours=1)

_log = structlog.get_logger()


def sequencing(*, signer: Callable[[], Signer], patience: timedelta) -> Duty:
    """Append what is staged, a batch every 50 ms or 500 leaves; one process at a time."""
    by = Sequencer()

    async def work(tx: Tx) -> bool:
        return await sequence_batch(tx, by=by, signer=signer(), patience=patience)

    return Duty(
        name="sequence", every=_BATCH_CLOSES, work=work, role=SEQUENCER, glance=staged.glance
    )


@dataclass(slots=True, kw_only=True)
class Repair:
    """Asks producers for what holds a subject; outside of any transaction."""

    producers: Lend
    wanted: Sequence[Missing] = field(default=())

    async def ask(self) -> bool:
        """Ask for what the last look has found; say whether there was anything."""
        wanted, self.wanted = self.wanted, ()
        if wanted:
            async with self.producers() as lines:
                for missing in wanted:
                    await _ask_for(missing.stream, missing.first, lines.ask)
        return bool(wanted)

    async def look(self, tx: Tx, asked: bool) -> bool:  # noqa: FBT001 - the clock passes what `ask` returned
        """Look for what is missing, to be asked for at once; then wait for the next turn."""
        if not asked:
            self.wanted = await streams.list_missing(tx, held_before=tx.now)
        return bool(self.wanted)


async def _ask_for(stream: Stream, first: int, ask: Ask) -> None:
    gap = Gap(
        producer=stream.producer,
        topic=stream.topic,
        subject=stream.subject,
        from_sequence=first,
    )
    try:
        await ask(gap)
    except ProducerSilent as error:
        # Asked again at the next turn; after the settled patience the log says that it is missing.
        _log.warning("producer_silent", producer=stream.producer, why=str(error))


def repairing(repair: Repair, *, every: timedelta) -> Duty:
    return Duty(name="repair", every=every, prepare=repair.ask, work=repair.look, role=SEQUENCER)


@dataclass(slots=True, kw_only=True)
class Reconciler:
    """
    Goes through all that producers say to have said, once every so often, a page at a time.

    A hole shows itself by what comes behind it; that the end of a subject is missing shows
    only here. A producer that does not answer is asked again at the next turn.
    """

    lines: Lend
    producers: Sequence[str]
    every: timedelta
    asked_for: int = 0
    silent: list[str] = field(default_factory=list)
    _begun_at: datetime | None = None
    _left: list[tuple[str, str | None]] = field(default_factory=list)
    _then: list[tuple[str, str | None]] = field(default_factory=list)
    _wanted: dict[Stream, int] = field(default_factory=dict)

    async def ask(self) -> list[Said] | None:
        """Ask for what the last page has shown to be missing, read the next; None: all is done."""
        wanted, self._wanted = self._wanted, {}
        if not wanted and not self._left:
            return None
        async with self.lines() as lines:
            for stream, first in wanted.items():
                await _ask_for(stream, first, lines.ask)
            self.asked_for += len(wanted)
            return await self._read(lines.heads) if self._left else []

    async def _read(self, heads: ReadHeads) -> list[Said]:
        (producer, cursor), *self._then = self._left
        try:
            page = await heads(producer, cursor)
        except ProducerSilent as error:
            _log.warning("producer_silent", producer=producer, why=str(error))
            self.silent.append(producer)
            return []
        if page.next:
            self._then.insert(0, (producer, page.next))
        return [
            Said(
                stream=Stream(producer, head.topic, head.subject),
                last_sequence=head.last_sequence,
                at=head.last_time,
            )
            for head in page.items
            if head.topic in TOPICS
        ]

    async def compare(self, tx: Tx, said: Sequence[Said] | None) -> bool:
        """Note what is missing of a page; say whether there is more to do at once."""
        if said is None:
            await self._begin(tx)
        else:
            self._wanted |= await compare_heads(tx, said)
            self._left = self._then
        return bool(self._left or self._wanted)

    async def _begin(self, tx: Tx) -> None:
        """Begin a round when one is due, else with those who did not answer in the last."""
        due = self._begun_at is None or tx.now - self._begun_at >= self.every
        if due:
            self._begun_at = tx.now
            self._wanted = await streams.list_still_away(tx)
        turn = self.producers if due else self.silent
        self._left = [(producer, None) for producer in turn]
        self.silent = []


def reconciling(reconciler: Reconciler) -> Duty:
    """Look every few minutes whether a round is due, or a producer silent in the last one."""
    return Duty(
        name="reconcile",
        every=_LOOKS_WHETHER_DUE,
        prepare=reconciler.ask,
        work=reconciler.compare,
        role=SEQUENCER,
    )


def signing(notary: Callable[[], Notary]) -> Duty:
    """Look at the head ten times a second; sign what is new."""

    async def work(tx: Tx) -> None:
        await sign_head(tx, by=notary())

    async def glance(engine: AsyncEngine) -> bool:
        return await would_do_something(engine, by=notary())

    return Duty(name="sign", every=_LOOKS_AT_HEAD, work=work, role=SIGNER, glance=glance)


def clearing(rules: Callable[[], Sequence[Rule]], *, signer: Callable[[], Signer]) -> Duty:
    """Clear every hour what was kept long enough and is under no hold."""

    async def load() -> Sequence[Rule]:
        return await asyncio.to_thread(rules)

    async def work(tx: Tx, found: Sequence[Rule]) -> bool:
        cleared = [await clear_expired(tx, rule, signer=signer()) for rule in found]
        return AT_ONCE in cleared

    return Duty(name="clear-bodies", every=_CLEARS, prepare=load, work=work, role=SEQUENCER)
