"""The end of a subject that never came shows nowhere, but in what its producer says."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from audit.clients import Head, HeadsPage, Lines, lines
from audit.clock import Reconciler, reconciling
from builders_audit import CASE, NOON, OTHER_CASE, PEN, RunningLog, record
from chassis.clock import perform
from chassis.draining import ProducerSilent
from chassis.outcome import Gap

DAY = timedelta(days=1)
LONG_AGO = NOON - timedelta(days=300)


def said(subject: str, last: int, *, topic: str = "cases.v1", at: datetime = LONG_AGO) -> Head:
    return Head(topic=topic, subject=subject, last_sequence=last, last_time=at)


@dataclass(slots=True)
class Producers:
    """Stand for the producers' `/ops`: pages of heads, and what was asked for."""

    pages: Mapping[str, Sequence[Sequence[Head]]]
    silent: set[str] = field(default_factory=set)
    asked: list[Gap] = field(default_factory=list)
    read: list[tuple[str, str | None]] = field(default_factory=list)

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Lines]:
        yield Lines(ask=self._ask, heads=self._heads)

    async def _ask(self, gap: Gap) -> None:
        self.asked.append(gap)

    async def _heads(self, producer: str, cursor: str | None) -> HeadsPage:
        self.read.append((producer, cursor))
        if producer in self.silent:
            raise ProducerSilent("away")
        pages, number = self.pages[producer], int(cursor or 0)
        more = str(number + 1) if number + 1 < len(pages) else None
        return HeadsPage(items=pages[number], next=more)


async def turn(log: RunningLog, reconciler: Reconciler) -> None:
    """Let it work until it has nothing more to do at once, as the clock does."""
    duty = reconciling(reconciler)
    while await perform(duty, engine=log.engine, pen=PEN):
        pass


def reconciler_of(producers: Producers, *, every: timedelta = DAY) -> Reconciler:
    return Reconciler(lines=producers, producers=sorted(producers.pages), every=every)


def missing(producer: str, subject: str, first: int) -> Gap:
    return Gap(producer=producer, topic="cases.v1", subject=subject, from_sequence=first)


class TestReconciler:
    @pytest.mark.covers("AU-1")
    async def test_asks_for_what_a_producer_said_and_the_log_has_not_heard(
        self, log: RunningLog
    ) -> None:
        await log.log(record(1), record(2), record(1, producer="intake", offset=9))
        producers = Producers(
            {
                "intake": [[said(CASE, 1)], [said(OTHER_CASE, 3)]],
                "router": [[said(CASE, 4), said(CASE, 9, topic="handoffs.finance.v1")]],
            }
        )

        await turn(log, reconciler_of(producers))

        assert producers.asked == [missing("intake", OTHER_CASE, 1), missing("router", CASE, 3)]

    async def test_leaves_alone_what_may_be_on_its_way(self, log: RunningLog) -> None:
        ((now,),) = await log.rows("select clock_timestamp()")
        just_now = now - timedelta(seconds=30)
        producers = Producers({"router": [[said(CASE, 1, at=just_now)]]})

        await turn(log, reconciler_of(producers))

        assert producers.asked == []

    async def test_asks_again_for_what_a_gap_leaf_named(self, log: RunningLog) -> None:
        await log.take(record(1), record(3), record(6))
        await log.sequence()
        for _ in range(4):
            await log.sequence(patience=timedelta(0))
        producers = Producers({"router": [[said(CASE, 6)]]})

        await turn(log, reconciler_of(producers))

        assert producers.asked == [missing("router", CASE, 2)]

    async def test_goes_through_all_once_in_its_time(self, log: RunningLog) -> None:
        producers = Producers({"intake": [[], []], "router": [[]]})
        reconciler = reconciler_of(producers)

        await turn(log, reconciler)
        await turn(log, reconciler)

        assert producers.read == [("intake", None), ("intake", "1"), ("router", None)]
        reconciler.every = timedelta(0)
        await turn(log, reconciler)
        assert len(producers.read) == 6

    async def test_comes_back_to_a_producer_that_was_silent(self, log: RunningLog) -> None:
        producers = Producers({"intake": [[said(CASE, 1)]], "router": [[]]}, silent={"intake"})
        reconciler = reconciler_of(producers)
        await turn(log, reconciler)
        producers.silent.clear()

        await turn(log, reconciler)

        assert producers.asked == [missing("intake", CASE, 1)]
        assert producers.read == [("intake", None), ("router", None), ("intake", None)]


class TestLines:
    async def test_are_silent_where_nobody_answers(self) -> None:
        nowhere = {"router": "http://127.0.0.1:1"}

        async with lines(urls=nowhere, token_url="http://127.0.0.1:1/token", client_id="a") as by:
            with pytest.raises(ProducerSilent):
                await by.heads("router", None)
            with pytest.raises(ProducerSilent):
                await by.ask(missing("router", CASE, 1))
