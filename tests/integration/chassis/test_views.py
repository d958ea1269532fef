"""The fold that a service keeps of each case, against a real PostgreSQL."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, a_record, pen_of, rows, written
from builders_contracts import CASE, a_case_opened, a_route, an_id
from chassis import views
from chassis.consumer import Consumer, deliver, subscribe
from chassis.door import Tx, open_door
from chassis.outbox import announce
from chassis.views import CaseNotFound
from contracts.cases import CaseOpened, SellerMessageReceived
from contracts.event import Event
from contracts.lifecycle import CaseState
from contracts.routing import CaseTriageRequired

INTAKE, ROUTER = pen_of("intake"), pen_of("router")
PIN = "marketplace-core@1.0.0"
SAID = SellerMessageReceived(message=an_id("msg"), channel="portal", repeated_contact=False)


async def file_case(engine: AsyncEngine) -> None:
    async with open_door(engine, pen=INTAKE, journey=BY_TEST) as tx:
        announce(tx, a_case_opened(), subject=CASE, marketplace="harbour", playbook=PIN)


async def state_of(engine: AsyncEngine) -> tuple[CaseState, int] | None:
    async with open_door(engine, pen=INTAKE, journey=BY_TEST) as tx:
        return await views.find_version(tx, CASE)


async def triage(_event: Event[CaseOpened], /, *, tx: Tx) -> None:
    announce(tx, CaseTriageRequired(reason="unclear", confidence=0.1), subject=CASE)


def router(*handlers: object) -> Consumer:
    return Consumer(
        name="router", topics=("cases.v1",), subscriptions=(subscribe(CaseOpened, triage),)
    )


class TestOwnEvents:
    async def test_are_folded_in_the_transaction_that_says_them(self, engine: AsyncEngine) -> None:
        await file_case(engine)

        found = await state_of(engine)
        assert found is not None
        assert (found[0].status, found[0].marketplace, found[1]) == ("opened", "harbour", 1)

    async def test_carry_marketplace_pin_and_journey_of_the_case(self, engine: AsyncEngine) -> None:
        await file_case(engine)

        async with open_door(engine, pen=INTAKE, journey=BY_TEST) as tx:
            await views.lock(tx, CASE)
            announce(tx, SAID, subject=CASE)

        opened, said = await written(engine)
        same = ("ce_marketplace", "ce_playbook", "ce_correlationid")
        assert [said.headers[name] for name in same] == [opened.headers[name] for name in same]

    async def test_are_not_folded_again_when_they_come_back(self, engine: AsyncEngine) -> None:
        await file_case(engine)
        async with open_door(engine, pen=INTAKE, journey=BY_TEST) as tx:
            await views.lock(tx, CASE)
            announce(tx, SAID, subject=CASE)
        before = await state_of(engine)

        intake = Consumer(name="intake", topics=("cases.v1",))
        done = await deliver(await written(engine), to=intake, engine=engine, pen=INTAKE)

        assert (done.echoes, done.applied) == (2, 0)
        assert await state_of(engine) == before

    async def test_hold_the_case_when_we_have_no_record_of_saying_them(
        self, engine: AsyncEngine
    ) -> None:
        """A database restored from a backup is behind its own topic."""
        await file_case(engine)
        (opened,) = await written(engine)
        later = replace(opened, offset=9, headers={**opened.headers, "ce_sequence": "2"})

        intake = Consumer(name="intake", topics=("cases.v1",))
        await deliver([opened, later], to=intake, engine=engine, pen=INTAKE)

        parked = "select src_offset, reason, state from parked_event"
        assert await rows(engine, parked) == [(9, "failed", "dead")]


class TestOthersEvents:
    async def test_are_folded_before_the_handler_sees_the_view(self, engine: AsyncEngine) -> None:
        seen: list[str] = []

        async def look(event: Event[CaseOpened], /, *, tx: Tx) -> None:
            seen.append(tx.views[event.subject].state.status)

        consumer = Consumer(
            name="router", topics=("cases.v1",), subscriptions=(subscribe(CaseOpened, look),)
        )
        await deliver(
            [a_record(a_case_opened(), about=CASE)], to=consumer, engine=engine, pen=ROUTER
        )

        assert seen == ["opened"]

    async def test_meet_what_the_handler_before_them_said(self, engine: AsyncEngine) -> None:
        """In one batch a second handler of a case once missed what the first had announced."""
        seen: list[str] = []

        async def look(event: Event[SellerMessageReceived], /, *, tx: Tx) -> None:
            seen.append(tx.views[event.subject].state.status)

        consumer = replace(
            router(),
            subscriptions=(
                subscribe(CaseOpened, triage),
                subscribe(SellerMessageReceived, look),
            ),
        )
        batch = [a_record(a_case_opened(), about=CASE), a_record(SAID, about=CASE, sequence=2)]
        await deliver(batch, to=consumer, engine=engine, pen=ROUTER)

        assert seen == ["triage"]

    async def test_leave_the_same_state_with_whoever_says_and_whoever_hears(
        self, engine: AsyncEngine
    ) -> None:
        opened = a_record(a_case_opened(), about=CASE)
        await deliver([opened], to=router(), engine=engine, pen=ROUTER)
        spoken = await state_of(engine)
        said = await written(engine)
        async with engine.begin() as connection:
            await connection.exec_driver_sql(
                "truncate case_view, inbox_cursor, inbox_subject, stream_head"
            )

        hearer = Consumer(name="insights", topics=("cases.v1",))
        batch = [opened, replace(said[0], offset=2)]
        await deliver(batch, to=hearer, engine=engine, pen=pen_of("insights"))

        assert await state_of(engine) == spoken

    async def test_of_another_marketplace_are_dead(self, engine: AsyncEngine) -> None:
        batch = [
            a_record(a_case_opened(), about=CASE),
            a_record(SAID, about=CASE, sequence=2, marketplace="elsewhere"),
        ]

        await deliver(batch, to=router(), engine=engine, pen=ROUTER)

        ((state, error),) = await rows(engine, "select state, error from parked_event")
        assert (state, "another marketplace" in str(error)) == ("dead", True)

    @pytest.mark.parametrize("about", [CASE, "no-case", "sel_00000000000000000000000001"])
    async def test_that_do_not_begin_with_the_opening_are_dead(
        self, engine: AsyncEngine, about: str
    ) -> None:
        await deliver([a_record(SAID, about=about)], to=router(), engine=engine, pen=ROUTER)

        assert await rows(engine, "select state from parked_event") == [("dead",)]


class TestVersion:
    async def test_counts_slots_and_own_rows_but_no_neutral_events(
        self, engine: AsyncEngine
    ) -> None:
        consumer = Consumer(name="insights", topics=("cases.v1",))
        insights = pen_of("insights")
        batch = [a_record(a_case_opened(), about=CASE), a_record(a_route(), about=CASE)]
        await deliver(batch[:1], to=consumer, engine=engine, pen=insights)
        await deliver(batch[1:], to=consumer, engine=engine, pen=insights)
        async with open_door(engine, pen=insights, journey=BY_TEST) as tx:
            views.touch(await views.lock(tx, CASE))

        found = await state_of(engine)
        assert found is not None
        assert found[1] == 3


class TestLock:
    @pytest.mark.parametrize("unknown", [CASE, "no-case", ""])
    async def test_says_that_a_case_is_unknown(self, engine: AsyncEngine, unknown: str) -> None:
        async with open_door(engine, pen=INTAKE, journey=BY_TEST) as tx:
            with pytest.raises(CaseNotFound):
                await views.lock(tx, unknown)

            assert await views.find(tx, unknown) is None
