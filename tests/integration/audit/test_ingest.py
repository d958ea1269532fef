"""Records in: what is believed, what is kept once, what becomes a conflict leaf."""

import asyncio
from dataclasses import replace
from uuid import UUID

import orjson
import pytest

from builders_audit import CASE, SIGNERS, RunningLog, changed, record
from chassis.cloudevents import RawRecord
from chassis.ids import derived_uuid
from chassis.signing import sign_headers

OTHER_ID = UUID(int=99)
CONFLICT = "audit.conflict_detected.v1"


async def conflicts(log: RunningLog) -> list[tuple[str, int]]:
    """List (kind, offset) of the conflict leaves, in the log's order."""
    found = await log.rows(
        "select b.payload from leaves join bodies b using (idx)"
        " where type = 'audit.conflict_detected.v1' order by idx"
    )
    facts = [orjson.loads(row[0]) for row in found]
    return [(fact["kind"], fact["src_offset"]) for fact in facts]


async def told(log: RunningLog) -> list[tuple[str, int]]:
    return [(producer, n) for producer, kind, n in await log.leaves() if kind != CONFLICT]


def signed_with(name: str, original: RawRecord) -> RawRecord:
    """Return the record with one more header, signed by its producer all the same."""
    headers = {**original.headers, name: "x"}
    return replace(
        original, headers=sign_headers(headers, original.value or b"", SIGNERS["router"])
    )


class TestIngest:
    @pytest.mark.covers("AU-3")
    async def test_keeps_each_event_once_however_often_it_comes(self, log: RunningLog) -> None:
        await log.log(record(1), record(1, offset=8))
        await log.log(record(1, offset=9), record(2))

        assert await told(log) == [("router", 1), ("router", 2)]
        assert await conflicts(log) == []

    async def test_lets_the_first_stay_when_an_id_comes_with_another_content(
        self, log: RunningLog
    ) -> None:
        first = record(1)
        again = record(1, fact={"n": "other"}, offset=5)

        await log.log(first)
        await log.log(again)

        assert await told(log) == [("router", 1)]
        assert await conflicts(log) == [("event_id", 5)]

    async def test_lets_the_first_stay_when_a_place_is_taken_twice(self, log: RunningLog) -> None:
        await log.log(record(1), record(1, event_id=OTHER_ID, offset=5))

        assert await told(log) == [("router", 1)]
        assert await conflicts(log) == [("sequence", 5)]

    async def test_shows_a_contradiction_in_the_trail_of_its_case(self, log: RunningLog) -> None:
        await log.log(record(1), record(1, event_id=OTHER_ID, offset=5))

        found = await log.rows("select subject, marketplace from leaves where producer = 'audit'")
        assert found == [(CASE, "harbour")]

    @pytest.mark.fault(44)
    @pytest.mark.parametrize(
        ("bad", "kind"),
        [
            (replace(record(1), value=b"garbage", headers={}), "unparseable"),
            (replace(record(1), value=None), "unparseable"),
            (replace(record(1), key=None), "unparseable"),
            (replace(record(1), defect="a header is no UTF-8"), "unparseable"),
            (changed(record(1), ce_sequence="0"), "unparseable"),
            (signed_with("ce_\x00", record(1)), "unparseable"),
            (changed(record(1), ce_actor="agent:mem_x"), "signature"),
            (replace(record(1), value=b'{"n": 2}'), "signature"),
            (changed(record(1), ce_signature=""), "signature"),
            (record(1, producer="handoff", signer="router"), "signature"),
            (record(1, producer="router", type_="case.resolved.v1"), "producer"),
            (record(1, type_="case.routed.v1", topic="governance.v1"), "producer"),
        ],
    )
    async def test_gives_no_leaf_to_what_is_none_of_ours(
        self, log: RunningLog, bad: RawRecord, kind: str
    ) -> None:
        await log.log(replace(bad, offset=41), record(1, producer="intake", offset=42))

        assert await told(log) == [("intake", 1)]
        assert await conflicts(log) == [(kind, 41)]
        assert await log.rows("select src_offset from quarantine") == [(41,)]

    @pytest.mark.covers("AU-4")
    async def test_gives_the_real_event_its_leaf_after_a_forgery_of_it(
        self, log: RunningLog
    ) -> None:
        real = record(1, producer="handoff")
        forged = replace(record(1, producer="handoff", signer="router"), offset=40)

        await log.log(forged)
        await log.log(real)

        assert await told(log) == [("handoff", 1)]
        assert await conflicts(log) == [("signature", 40)]

    async def test_names_a_conflict_leaf_by_the_place_of_the_record(self, log: RunningLog) -> None:
        bad = replace(record(1), value=b"garbage", headers={}, offset=41)

        await log.log(bad)
        await log.log(bad)

        ids = await log.rows("select event_id from leaves")
        assert ids == [(derived_uuid("cases.v1", "0", "41"),)]

    async def test_takes_each_event_once_from_two_owners_of_a_partition(
        self, log: RunningLog
    ) -> None:
        """A rebalance: both read the same records at the same time."""
        records = [record(n) for n in range(1, 101)]
        halves = [records[start : start + 20] for start in range(0, 100, 20)]

        for half in halves:
            await asyncio.gather(log.take(*half), log.take(*half), log.sequence())
        await log.sequence()

        assert await told(log) == [("router", n) for n in range(1, 101)]
        assert await conflicts(log) == []

    @pytest.mark.fault(45)
    async def test_keeps_what_a_later_release_says(self, log: RunningLog) -> None:
        await log.log(record(1, type_="case.routed.v99"))

        assert await log.leaves() == [("router", "case.routed.v99", 1)]

    async def test_stores_nothing_of_a_header_that_nobody_signed(self, log: RunningLog) -> None:
        await log.log(changed(record(1), traceparent="00-nul-\x00", x="y"))

        ((headers,),) = await log.rows("select headers from bodies")
        assert {name[:3] for name in headers} == {"ce_"}
