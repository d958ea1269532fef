"""From staged to leaves: the order is recorded, holes hold, nothing is there twice."""

import asyncio
from datetime import timedelta

import orjson
import pytest

from audit.domain.merkle import leaf_hash
from audit.domain.tiles import append
from audit.handlers.sequence_batch import LogDamaged, Sequencer, Superseded
from builders_audit import CASE, OTHER_CASE, RunningLog, record
from chassis import failpoint

AT_ONCE = timedelta(0)


async def order(log: RunningLog) -> list[str]:
    found = await log.rows("select producer, sequence from leaves order by idx")
    return [f"{producer} {sequence}" for producer, sequence in found]


async def recomputed_root(log: RunningLog) -> bytes:
    found = await log.rows("select leaf from leaves order by idx")
    return append([leaf_hash(row[0]) for row in found], size=0, edge={}).root


async def stored_head(log: RunningLog) -> tuple[int, bytes]:
    ((size, root),) = await log.rows("select size, root from log_heads")
    return size, root


async def assert_whole(log: RunningLog, *, size: int) -> None:
    """Indices without a gap, and a root that is that of the leaves."""
    indices = await log.rows("select idx from leaves order by idx")
    assert [row[0] for row in indices] == list(range(size))
    assert await stored_head(log) == (size, await recomputed_root(log))


class TestSequencer:
    @pytest.mark.covers("AU-3")
    async def test_makes_a_tree_whose_root_is_that_of_its_leaves(self, log: RunningLog) -> None:
        for start in (1, 300, 400):
            await log.take(*(record(n) for n in range(start, {1: 300, 300: 400, 400: 520}[start])))
            await log.sequence()

        await assert_whole(log, size=519)
        assert await log.rows("select count(*) from staged") == [(0,)]

    async def test_goes_on_where_another_process_has_left_the_log(self, log: RunningLog) -> None:
        await log.take(*(record(n) for n in range(1, 260)))
        await log.sequence()

        await log.take(record(260))
        await log.sequence(by=Sequencer())

        await assert_whole(log, size=260)

    async def test_keeps_the_order_of_arrival(self, log: RunningLog) -> None:
        await log.take(record(1), record(1, producer="intake", offset=2), record(2, offset=3))
        await log.sequence()

        assert await order(log) == ["router 1", "intake 1", "router 2"]

    async def test_holds_a_case_for_a_missing_event(self, log: RunningLog) -> None:
        await log.take(
            record(1),
            record(3),
            record(1, producer="intake", offset=4),
            record(1, about=OTHER_CASE, offset=5),
        )

        await log.sequence()

        assert await order(log) == ["router 1", "router 1"]
        held = await log.rows("select producer, subject from streams where held_since is not null")
        assert held == [("router", CASE)]

    async def test_goes_on_in_sequence_once_the_missing_event_is_there(
        self, log: RunningLog
    ) -> None:
        await log.take(record(1), record(3), record(1, producer="intake", offset=4), record(4))
        await log.sequence()

        await log.take(record(2, offset=9))
        await log.sequence()

        assert await order(log) == ["router 1", "router 2", "router 3", "intake 1", "router 4"]
        assert await log.rows("select 1 from streams where held_since is not null") == []

    async def test_counts_from_one(self, log: RunningLog) -> None:
        await log.take(record(2))

        await log.sequence()

        assert await order(log) == []

    @pytest.mark.covers("AU-1")
    async def test_says_what_never_came_and_lets_the_case_flow_on(self, log: RunningLog) -> None:
        await log.take(record(1), record(4))
        await log.sequence()

        await log.sequence(patience=AT_ONCE)
        await log.sequence()

        assert await order(log) == ["router 1", "audit 1", "router 4"]
        ((payload,),) = await log.rows("select payload from bodies where idx = 1")
        fact = orjson.loads(payload)
        assert (fact["gap_producer"], fact["gap_subject"]) == ("router", CASE)
        assert (fact["first_missing"], fact["last_missing"]) == (2, 3)
        gaps = await log.rows("select sequence, gap_idx, late_idx from gaps order by sequence")
        assert gaps == [(2, 1, None), (3, 1, None)]

    async def test_reports_a_gap_once(self, log: RunningLog) -> None:
        await log.take(record(2))
        await log.sequence()
        for _ in range(3):
            await log.sequence(patience=AT_ONCE)

        assert await order(log) == ["audit 1", "router 2"]

    async def test_appends_what_comes_late_and_notes_it(self, log: RunningLog) -> None:
        await log.take(record(1), record(3))
        await log.sequence()
        await log.sequence(patience=AT_ONCE)
        await log.sequence()

        await log.take(record(2, offset=9), record(4, offset=10))
        await log.sequence()

        assert await order(log) == ["router 1", "audit 1", "router 3", "router 2", "router 4"]
        assert await log.rows("select sequence, late_idx from gaps") == [(2, 3)]

    @pytest.mark.parametrize("place", ["leaves_copied", "tiles_written", "head_moved"])
    async def test_loses_and_doubles_nothing_when_it_dies(
        self, log: RunningLog, place: str
    ) -> None:
        """The error leaves the transaction as SIGKILL would: without a commit."""
        await log.take(*(record(n) for n in range(1, 300)))
        await log.sequence()
        await log.take(*(record(n) for n in range(300, 310)))
        failpoint.arm(f"{place}:raise", stack=True)

        with pytest.raises(failpoint.Reached):
            await log.sequence()

        assert (await stored_head(log))[0] == 299
        await log.sequence()
        await assert_whole(log, size=309)

    @pytest.mark.fault(73)
    async def test_is_shut_out_by_one_that_took_over(self, log: RunningLog) -> None:
        first, second = Sequencer(), Sequencer()
        await log.take(record(1))
        await log.sequence(by=first)
        await log.take(record(2))
        await log.sequence(by=second)
        await log.take(record(3))

        with pytest.raises(Superseded):
            await log.sequence(by=first)

        await assert_whole(log, size=2)
        await log.sequence(by=second)
        await assert_whole(log, size=3)

    @pytest.mark.fault(73)
    async def test_keeps_the_log_whole_when_two_work_at_once(self, log: RunningLog) -> None:
        """Both believe to hold the lease; whoever is shut out takes over again."""

        async def insist(by: Sequencer) -> None:
            for _ in range(10):
                try:
                    await log.sequence(by=by)
                except Superseded:
                    continue

        rivals = Sequencer(), Sequencer()
        for start in range(1, 60, 6):
            await log.take(*(record(n) for n in range(start, start + 6)))
            await asyncio.gather(*(insist(rival) for rival in rivals))

        await assert_whole(log, size=60)
        assert await log.rows("select fence > 2 from log_heads") == [(True,)]

    async def test_appends_nothing_to_a_log_that_contradicts_itself(self, log: RunningLog) -> None:
        await log.take(record(1), record(2))
        await log.sequence()
        await log.do("update tiles set hashes = substr(hashes, 1, 32) || sha256('forged')")
        await log.take(record(3))

        with pytest.raises(LogDamaged):
            await log.sequence(by=Sequencer())
