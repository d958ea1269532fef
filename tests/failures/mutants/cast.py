"""Each mutant: what is broken, the day on which it shows, and the anomalies that give it away."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from chassis import ids
from chassis.door import Tx
from chassis.outbox import announce
from chassis.single import fetch
from contracts.routing import MemberEnrolled
from failures.mutants import variants
from failures.mutants.town import CANARY, TIMERS, Pause, Town
from harness.anomalies import Name

PATIENCE: Final = 0.5  # seconds that one transaction waits for another to overtake it


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One broken rule. `and_as`: what may come of it besides; `shows`: what the day itself does."""

    name: str
    breaks: Callable[[Town], None]
    day: Callable[[Town], Awaitable[None]]
    caught_as: Name
    and_as: frozenset[Name] = frozenset()
    shows: frozenset[Name] = frozenset()
    timers: bool = False


async def usual_day(town: Town) -> None:
    """Some cases, one of them talked about again, and some more after a rest."""
    for _ in range(3):
        await town.file()
    await town.file(payout="PO-1")
    await town.settle()
    await town.file(payout="PO-1")
    await town.file()
    await town.settle()


async def poisoned_day(town: Town) -> None:
    """Resolution fails on a case, and then intake says something more about it."""
    desk = town.houses["resolution"]
    desk.consumer = variants.poisoned(desk.consumer, "case.routed.v1")
    await town.file(payout="PO-1")
    await town.settle()
    await town.file(payout="PO-1")
    await town.settle()


async def overtaking_day(town: Town) -> None:
    """One filing takes its place in the outbox, another commits and is published, then the one."""
    await _overtaken(lambda pause: town.file(pause=pause), lambda: _file_and_publish(town))
    await town.settle()


async def _file_and_publish(town: Town) -> None:
    await town.file()
    await town.publish()


async def enrolling_day(town: Town) -> None:
    """Two say something about one member at the same time."""
    await _overtaken(lambda pause: _enrol(town, pause), lambda: _enrol(town))
    await town.settle()


async def _overtaken(
    slow: Callable[[Pause], Awaitable[object]], quick: Callable[[], Awaitable[object]]
) -> None:
    """Begin one, and let it wait before its end for a whole other, if that does not wait for it."""
    there, done = asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        there.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await done.wait()

    first, waiting = asyncio.ensure_future(slow(pause)), asyncio.ensure_future(there.wait())
    await asyncio.wait((first, waiting), return_when=asyncio.FIRST_COMPLETED)
    await quick()
    done.set()
    await asyncio.gather(first, waiting)


async def _enrol(town: Town, pause: Pause | None = None) -> None:
    member = ids.derived_id("mem", "mara")

    async def work(tx: Tx) -> None:
        if pause:
            tx.before_commit.append(pause)
        fact = MemberEnrolled(
            member=member, marketplaces=("harbour",), roles=("agent",), authority=2, capacity=20
        )
        announce(tx, fact, subject=member)

    await town.houses["router"].do(work)


async def due_day(town: Town) -> None:
    """What was promised is long due when the timers look."""
    await town.file()
    await town.settle()
    for table, column in (("clock_steps", "due_at"), ("sla_cases", "next_due_at")):
        back = f"update {table} set {column} = {column} - interval '90 days'"  # noqa: S608 - names above
        await fetch(town.houses[TIMERS].engine, back)
    await town.let_time_pass()
    await town.settle()


async def quiet_day(town: Town) -> None:
    """Nothing is due yet when the timers look."""
    await town.file()
    await town.settle()
    await town.let_time_pass()
    await town.settle()


async def talkative_day(town: Town) -> None:
    """A front-end puts the seller's words where an id belongs, and nobody refuses them."""
    await town.file(external_ref=CANARY)
    await town.settle()


def _outbox_after_commit(town: Town) -> None:
    town.intake.door = variants.OutboxAfterCommit(dies_at=3)


def _answer_before_commit(town: Town) -> None:
    town.intake.door = variants.AnswerBeforeCommit(fails_at=3)


def _numbered_outside(town: Town) -> None:
    town.houses["router"].door = variants.NumberedOutsideTheLock()


def _numbered_and_rolled_back(town: Town) -> None:
    town.intake.door = variants.NumberedOutsideTheLock(fails_at=5)


def _high_water_mark(town: Town) -> None:
    town.intake.relay = variants.HighWaterMark()


def _marked_before_sent(town: Town) -> None:
    town.houses["router"].relay = variants.MarkedBeforeSent()


def _offset_before_transaction(town: Town) -> None:
    town.houses["router"].consuming = variants.OffsetBeforeTransaction(dies_at=1)


def _parks_one_producer_only(town: Town) -> None:
    town.houses["resolution"].consuming = variants.ParksOneProducerOnly()


def _duplicate_applied(town: Town) -> None:
    town.houses["router"].consuming = variants.DuplicateApplied(types=("case.opened.v1",))


def _forgetful_fold(town: Town) -> None:
    desk = town.houses["resolution"]
    desk.pen = replace(desk.pen, fold=variants.forgetful("case.classified.v1"))


def _leaf_dropped(town: Town) -> None:
    town.audit.sequencing = variants.dropping_a_leaf(town.audit.sequencing)


def _checkpoint_forked(town: Town) -> None:
    town.audit.signing = variants.forking(town.audit.signing, town.audit.log_key)


def _published_before_commit(town: Town) -> None:
    town.intake.door = variants.PublishedBeforeCommit(tape=town.tape, fails_at=3)


def _hasty_timers(town: Town) -> None:
    town.timers = variants.HastyTimers()


def _silent_timers(town: Town) -> None:
    town.timers = variants.SilentTimers()


MUTANTS: Final = (
    Mutant(
        name="outbox written after the commit",
        breaks=_outbox_after_commit,
        day=usual_day,
        caught_as=Name.LOST_WRITE,
    ),
    Mutant(
        name="answer before the commit",
        breaks=_answer_before_commit,
        day=usual_day,
        caught_as=Name.LOST_WRITE,
    ),
    Mutant(
        name="offset committed before the transaction",
        breaks=_offset_before_transaction,
        day=usual_day,
        caught_as=Name.UNSEEN,
    ),
    Mutant(
        name="sequence taken outside the lock",
        breaks=_numbered_outside,
        day=enrolling_day,
        caught_as=Name.OUT_OF_ORDER,
    ),
    Mutant(
        name="sequence taken, then rolled back",
        breaks=_numbered_and_rolled_back,
        day=usual_day,
        caught_as=Name.GAP,
    ),
    Mutant(
        name="relay with a high-water mark",
        breaks=_high_water_mark,
        day=overtaking_day,
        caught_as=Name.UNSEEN,
    ),
    Mutant(
        name="relay marks before it sends",
        breaks=_marked_before_sent,
        day=usual_day,
        caught_as=Name.LOST_WRITE,
        and_as=frozenset({Name.UNSEEN, Name.DISAGREEMENT}),
    ),
    Mutant(
        name="park that blocks one producer only",
        breaks=_parks_one_producer_only,
        day=poisoned_day,
        caught_as=Name.OVERTAKEN,
        shows=frozenset({Name.STUCK}),
    ),
    Mutant(
        name="duplicate that is applied",
        breaks=_duplicate_applied,
        day=usual_day,
        caught_as=Name.EFFECT_TWICE,
    ),
    Mutant(
        name="fold that forgets a type",
        breaks=_forgetful_fold,
        day=usual_day,
        caught_as=Name.DISAGREEMENT,
    ),
    Mutant(
        name="leaf dropped",
        breaks=_leaf_dropped,
        day=usual_day,
        caught_as=Name.LOST_LEAF,
        and_as=frozenset({Name.GAP}),
    ),
    Mutant(
        name="checkpoint forked",
        breaks=_checkpoint_forked,
        day=usual_day,
        caught_as=Name.FORKED_CHECKPOINT,
    ),
    Mutant(
        name="published before the commit",
        breaks=_published_before_commit,
        day=usual_day,
        caught_as=Name.PHANTOM,
        and_as=frozenset({Name.STUCK}),
    ),
    Mutant(
        name="timer that fires before it is due",
        breaks=_hasty_timers,
        day=quiet_day,
        caught_as=Name.EARLY_TIMER,
        timers=True,
    ),
    Mutant(
        name="timer that never fires",
        breaks=_silent_timers,
        day=due_day,
        caught_as=Name.LATE_TIMER,
        timers=True,
    ),
)
