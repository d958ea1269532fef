"""Going on without a record: it takes two people, and the log says so."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.consumers import sink
from audit.handlers.sequence_batch import Sequencer, sequence_batch
from bells import BY_TEST, BellRung, LampLit, a_record, answered, hall, pen_of, rows, written
from builders_audit import PATIENCE, PEN as AUDIT, SIGNERS
from builders_contracts import CASE, E1
from builders_resolution import records
from chassis import skipping, views
from chassis.cloudevents import RawRecord
from chassis.consumer import Consumer, Permanent, deliver, store, subscribe, subscribe_raw
from chassis.door import Tx, open_door, run
from chassis.draining import drain, drain_due
from chassis.outcome import Gap
from chassis.parking import Place
from chassis.taking import Reader
from conftest import EngineFor
from contracts.event import Event
from contracts.routing import CaseRouted
from porch import Porch, open_porch

HALL = pen_of("hall")
STATES = "select src_offset, reason, state from parked_event order by src_offset"
BLOCKED = "select blocked from inbox_subject"


async def refuse(event: Event[BellRung], /, *, tx: Tx) -> None:
    raise Permanent


@pytest.fixture
async def porch(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Porch]:
    async with open_porch(engine, tmp_path) as running:
        yield running


async def park_one_and_its_followers(engine: AsyncEngine) -> None:
    batch = [a_record(sequence=1), a_record(LampLit(), offset=2), a_record(sequence=2, offset=3)]
    await deliver(batch, to=hall(subscribe(BellRung, refuse)), engine=engine, pen=HALL)


async def drain_hall(engine: AsyncEngine) -> None:
    async def ask(_gap: Gap) -> None:
        """Nobody answers with anything."""

    await drain_due(by=Reader(to=hall(), engine=engine, pen=HALL), ask=ask)


@pytest.mark.fault(46)
class TestSkipping:
    async def test_takes_two_people(self, porch: Porch, engine: AsyncEngine) -> None:
        await park_one_and_its_followers(engine)
        ((shown, *_behind), olga) = await listed(porch), porch.as_("olga")

        unasked = await ask(porch, shown, "skip-approval", by="oskar")
        asked = await ask(porch, shown, "skip-request", by="olga", reason="record_unusable")
        by_herself = await ask(porch, shown, "skip-approval", by="olga")
        assert (await porch.client.get("/ops/parked", headers=olga)).json()["items"][0][
            "skip_requested_by"
        ] == asked["requested_by"]
        assert await rows(engine, BLOCKED) == [(True,)]
        approved = await ask(porch, shown, "skip-approval", by="oskar")

        assert (unasked["code"], by_herself["code"]) == ("not-allowed-now", "forbidden")
        assert "Another person" in by_herself["detail"]
        assert (approved["subject"], approved["skipped"]) == ("front", "record")
        await drain_hall(engine)
        assert await answered(engine) == [2]
        assert await rows(engine, BLOCKED) == [(False,)]
        assert [state for _, _, state in await rows(engine, STATES)] == ["skipped", "done", "done"]

    async def test_leaves_a_leaf_with_both_people(
        self, porch: Porch, engine: AsyncEngine, engine_for: EngineFor
    ) -> None:
        await park_one_and_its_followers(engine)
        (shown, *_behind) = await listed(porch)
        asked = await ask(porch, shown, "skip-request", by="olga", reason="handled_by_hand")
        await ask(porch, shown, "skip-approval", by="oskar")
        (said,) = [one for one in await written(engine) if "skipped" in one.headers["ce_type"]]

        leaves = await logged(await engine_for("audit"), said)

        assert leaves == [("delivery.skipped.v1", "front")]
        told = orjson.loads(said.value or b"")
        assert (told["said_by"], told["first_sequence"], told["last_sequence"]) == ("porch", 1, 1)
        assert (told["reason"], told["requested_by"]) == ("handled_by_hand", asked["requested_by"])
        assert told["approved_by"] == said.headers["ce_actor"] != told["requested_by"]

    async def test_is_for_what_holds_not_for_what_waits_behind(
        self, porch: Porch, engine: AsyncEngine
    ) -> None:
        await park_one_and_its_followers(engine)
        (first, behind, *_) = await listed(porch)

        refused = await ask(porch, behind, "skip-request", by="olga", reason="never_ours")

        assert (first["waiting_behind"], behind["waiting_behind"]) == (2, 0)
        assert refused["code"] == "not-allowed-now"

    async def test_is_over_when_the_record_went_through_meanwhile(
        self, porch: Porch, engine: AsyncEngine
    ) -> None:
        await park_one_and_its_followers(engine)
        (shown, *_behind) = await listed(porch)
        await ask(porch, shown, "skip-request", by="olga", reason="record_unusable")
        retried = await porch.client.post(
            f"/ops/parked/{shown['id']}/retry", headers=porch.as_("olga")
        )
        await drain("front", by=Reader(to=hall(), engine=engine, pen=HALL))

        late = await ask(porch, shown, "skip-approval", by="oskar")

        assert (retried.status_code, late["code"]) == (200, "not-found")
        assert await answered(engine) == [1, 2]

    async def test_takes_a_reason_from_the_list(self, porch: Porch, engine: AsyncEngine) -> None:
        await park_one_and_its_followers(engine)
        (shown, *_behind) = await listed(porch)

        refused = await ask(porch, shown, "skip-request", by="olga", reason="because I say so")

        assert refused["code"] == "invalid-body"


class TestSkippingTheOnlyOne:
    async def test_frees_its_subject_at_once(self, engine: AsyncEngine) -> None:
        failing = hall(subscribe(BellRung, refuse))
        await deliver([a_record(sequence=1)], to=failing, engine=engine, pen=HALL)

        await skip(engine, "hall", ("bells.v1", 0, 1))

        assert await rows(engine, BLOCKED) == [(False,)]


class TestSkippingWhatIsMissing:
    async def test_goes_on_with_what_came_too_early(self, engine: AsyncEngine) -> None:
        early = [a_record(sequence=4, offset=4), a_record(sequence=5, offset=5)]
        await deliver([a_record(sequence=1), *early], to=hall(), engine=engine, pen=HALL)

        done = await skip(engine, "hall", ("bells.v1", 0, 4))
        await drain_hall(engine)

        assert (done.what, done.first, done.last) == ("missing", 2, 3)
        assert await answered(engine) == [1, 4, 5]
        assert await rows(engine, BLOCKED) == [(False,)]

    async def test_is_refused_when_that_has_come_and_failed(self, engine: AsyncEngine) -> None:
        failing = hall(subscribe(BellRung, refuse))
        await deliver([a_record(sequence=2, offset=1)], to=failing, engine=engine, pen=HALL)
        await deliver([a_record(sequence=1, offset=2)], to=failing, engine=engine, pen=HALL)
        assert await rows(engine, STATES) == [(1, "gap", "waiting"), (2, "failed", "dead")]

        with pytest.raises(skipping.NothingToSkip):
            await skip(engine, "hall", ("bells.v1", 0, 1))
        await skip(engine, "hall", ("bells.v1", 0, 2))
        await drain("front", by=Reader(to=hall(), engine=engine, pen=HALL))

        assert await answered(engine) == [2]
        assert await rows(engine, BLOCKED) == [(False,)]

    async def test_takes_what_comes_after_all_for_seen(self, engine: AsyncEngine) -> None:
        await deliver([a_record(sequence=3, offset=3)], to=hall(), engine=engine, pen=HALL)
        await skip(engine, "hall", ("bells.v1", 0, 3))

        late = await deliver([a_record(sequence=2)], to=hall(), engine=engine, pen=HALL)

        assert (late.applied, late.duplicates, late.conflicts) == (0, 1, 0)

    async def test_follows_a_case_whose_opening_is_given_up(self, engine: AsyncEngine) -> None:
        """Nothing can be folded; once the records would have waited for each other for ever."""
        listener = Consumer(name="sla-monitor", topics=("cases.v1",))
        road = [
            one for one in records([e.fact for e in E1]) if "intake" not in one.headers["ce_source"]
        ]
        await deliver(road, to=listener, engine=engine, pen=pen_of("sla-monitor"))

        await skip(engine, "sla-monitor", ("cases.v1", 0, road[0].offset), pen="sla-monitor")
        await drain(CASE, by=Reader(to=listener, engine=engine, pen=pen_of("sla-monitor")))

        assert await rows(engine, "select * from case_view") == []
        assert await rows(engine, BLOCKED) == [(False,)]
        assert {state for _, _, state in await rows(engine, STATES)} == {"done"}


class TestSkippingACaseEvent:
    async def test_folds_it_so_that_services_agree(self, engine: AsyncEngine) -> None:
        async def fail(event: Event[CaseRouted], /, *, tx: Tx) -> None:
            raise Permanent

        listener = Consumer(
            name="handoff", topics=("cases.v1",), subscriptions=(subscribe(CaseRouted, fail),)
        )
        road = records([one.fact for one in E1])[:4]
        pen = pen_of("handoff")
        await deliver(road, to=listener, engine=engine, pen=pen)
        ((offset,),) = await rows(
            engine, "select src_offset from parked_event where reason = 'failed'"
        )

        done = await skip(engine, "handoff", ("cases.v1", 0, int(str(offset))), pen="handoff")
        await drain(CASE, by=Reader(to=listener, engine=engine, pen=pen))

        async with open_door(engine, pen=pen, journey=BY_TEST) as tx:
            state = await views.find(tx, CASE)
        assert done.folded
        assert state is not None
        assert state.route is not None
        (said,) = await written(engine)
        assert (said.topic, said.headers["ce_marketplace"]) == ("cases.v1", "harbour")


class TestSkippingAPartnersRecord:
    async def test_is_about_its_place_and_nothing_waits_behind_it(
        self, engine: AsyncEngine
    ) -> None:
        async def fail(record: RawRecord, /, *, tx: Tx) -> None:
            raise Permanent

        topic = "replies.v1"
        listening = Consumer(
            name="hall", topics=(topic,), subscriptions=(subscribe_raw(topic, fail),)
        )
        reply = RawRecord(
            topic=topic, partition=2, offset=7, key=None, headers={}, value=b"{}", timestamp_ms=0
        )
        await deliver([reply], to=listening, engine=engine, pen=HALL)

        done = await skip(engine, "hall", (topic, 2, 7))

        assert (done.subject, done.stream.producer, done.first) == ("replies.v1/2/7", "partner", 0)
        assert await rows(engine, STATES) == [(7, "failed", "skipped")]
        (said,) = await written(engine)
        assert (said.topic, said.key) == ("governance.v1", b"replies.v1/2/7")


def is_of_intake(record: RawRecord) -> bool:
    return record.headers["ce_source"].endswith("intake")


async def listed(porch: Porch) -> list[dict[str, Any]]:
    answer = await porch.client.get("/ops/parked", headers=porch.as_("olga"))
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def ask(
    porch: Porch, shown: dict[str, Any], what: str, *, by: str, **body: str
) -> dict[str, Any]:
    path = f"/ops/parked/{shown['id']}/{what}"
    answer = await porch.client.post(path, headers=porch.as_(by), json=body or None)
    told: dict[str, Any] = answer.json()
    return told


async def skip(
    engine: AsyncEngine, consumer: str, place: Place, *, pen: str = "hall"
) -> skipping.Skipped:
    async def both(tx: Tx) -> skipping.Skipped:
        await skipping.request(tx, consumer, place, reason="record_lost", by="operator:mem_a")
        return await skipping.approve(
            tx, consumer, place, by="operator:mem_b", fold=pen_of(pen).fold
        )

    return await run(engine, both, pen=pen_of(pen), journey=BY_TEST)


async def logged(engine: AsyncEngine, record: RawRecord) -> list[tuple[object, ...]]:
    """Take a record into the audit log; return its leaves."""
    signer = pen_of("intake").signer
    log = sink(keys=lambda: {signer.key_id: signer.public_key}, signer=lambda: SIGNERS["audit"])
    await store([record], to=log, engine=engine, pen=AUDIT)
    await run(
        engine,
        lambda tx: sequence_batch(tx, by=Sequencer(), signer=SIGNERS["audit"], patience=PATIENCE),
        pen=AUDIT,
        journey=BY_TEST,
    )
    return list(await rows(engine, "select type, subject from leaves order by idx"))
