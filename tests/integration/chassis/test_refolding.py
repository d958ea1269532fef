"""Cases folded anew from the log, against a real PostgreSQL."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from belfry import kafka_client, put
from bells import BY_TEST, pen_of, rows, written
from builders_contracts import CASE, E1, a_case_opened, an_id
from builders_resolution import records
from chassis import views
from chassis.broker import Kafka
from chassis.cloudevents import RawRecord
from chassis.consumer import Consumer, deliver
from chassis.door import open_door
from chassis.outbox import announce
from chassis.refolding import Refolded, refold
from chassis.settings import ServiceSettings
from chassis.signing import write_new_key
from contracts.cases import SellerMessageReceived
from contracts.catalogue import TopicSpec
from contracts.lifecycle import CaseState
from porch import settings_in
from stack.kafka import Kafka as Broker
from stack.topics import create_topics

# Says nothing in the first road: all of it is heard from others.
LISTENER = Consumer(name="sla-monitor", topics=("cases.v1",))
PEN = pen_of("sla-monitor")
ROAD = records([one.fact for one in E1])
VIEWS = "select case_id, state::text, version from case_view order by case_id"


async def read(log: Sequence[RawRecord]) -> AsyncIterator[RawRecord]:
    for record in log:
        yield record


async def fold_again(engine: AsyncEngine, log: Sequence[RawRecord]) -> Refolded:
    return await refold(read(log), consumer=LISTENER.name, engine=engine, pen=PEN)


async def hear(engine: AsyncEngine, log: Sequence[RawRecord]) -> None:
    await deliver(log, to=LISTENER, engine=engine, pen=PEN)


async def state_of(engine: AsyncEngine) -> CaseState | None:
    async with open_door(engine, pen=PEN, journey=BY_TEST) as tx:
        return await views.find(tx, CASE)


async def do(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


class TestRefold:
    async def test_changes_nothing_where_nothing_is_wrong(self, engine: AsyncEngine) -> None:
        await hear(engine, ROAD)
        before = await rows(engine, VIEWS)

        done = await fold_again(engine, ROAD)

        assert (done.cases, done.changed, done.left) == (1, 0, [])
        assert done.events == len(ROAD)
        assert await rows(engine, VIEWS) == before

    async def test_makes_right_what_an_older_release_has_folded_wrong(
        self, engine: AsyncEngine
    ) -> None:
        await hear(engine, ROAD)
        right = await state_of(engine)
        await do(engine, "update case_view set state = state || '{\"route\": null}'")

        done = await fold_again(engine, ROAD)

        assert done.changed == 1
        assert await state_of(engine) == right
        assert await rows(engine, "select * from outbox") == []

    async def test_makes_a_view_that_was_lost(self, engine: AsyncEngine) -> None:
        await hear(engine, ROAD)
        right = await state_of(engine)
        await do(engine, "delete from case_view")

        await fold_again(engine, ROAD)

        assert await state_of(engine) == right

    async def test_goes_as_far_as_the_service_has_come_and_no_further(
        self, engine: AsyncEngine
    ) -> None:
        await hear(engine, ROAD[:5])
        right = await state_of(engine)
        await do(engine, "update case_view set state = state || '{\"route\": null}'")

        await fold_again(engine, ROAD)

        assert await state_of(engine) == right

    async def test_takes_each_event_once_and_in_its_place(self, engine: AsyncEngine) -> None:
        await hear(engine, ROAD)
        right = await state_of(engine)
        await do(engine, "delete from case_view")

        await fold_again(engine, [*ROAD[:2], *ROAD[5:], *ROAD[:8], *ROAD])

        assert await state_of(engine) == right

    async def test_leaves_a_case_alone_whose_log_is_not_whole(self, engine: AsyncEngine) -> None:
        await hear(engine, ROAD)
        right = await state_of(engine)

        done = await fold_again(engine, ROAD[2:])

        assert done.left == [CASE]
        assert await state_of(engine) == right

    async def test_leaves_a_case_alone_that_goes_on_meanwhile(self, engine: AsyncEngine) -> None:
        await hear(engine, ROAD[:5])

        async def slowly() -> AsyncIterator[RawRecord]:
            for record in ROAD[:5]:
                yield record
            await hear(engine, ROAD[5:])

        done = await refold(slowly(), consumer=LISTENER.name, engine=engine, pen=PEN)

        assert (done.cases, done.changed, done.left) == (0, 0, [CASE])
        assert (await fold_again(engine, ROAD)).changed == 0

    async def test_knows_what_the_service_itself_has_said_and_not_published(
        self, engine: AsyncEngine
    ) -> None:
        intake = pen_of("intake")
        async with open_door(engine, pen=intake, journey=BY_TEST) as tx:
            opening = a_case_opened()
            announce(tx, opening, subject=CASE, marketplace="harbour", playbook="p@1.0.0")
        async with open_door(engine, pen=intake, journey=BY_TEST) as tx:
            await views.lock(tx, CASE)
            said = SellerMessageReceived(
                message=an_id("msg"), channel="portal", repeated_contact=False
            )
            announce(tx, said, subject=CASE)
        right = await rows(engine, "select state::text from case_view")
        published, _unpublished = await written(engine)
        await do(engine, "delete from outbox_pending where id = (select min(id) from outbox)")
        await do(engine, "delete from case_view")

        done = await refold(read([published]), consumer="intake", engine=engine, pen=intake)

        assert (done.events, done.changed, done.left) == (2, 1, [])
        assert await rows(engine, "select state::text from case_view") == right


class TestRefoldCommand:
    async def test_reads_the_topic_and_says_what_it_did(
        self, engine: AsyncEngine, broker: Broker, tmp_path: Path
    ) -> None:
        prefix = f"t{uuid4().hex[:8]}."
        cases = TopicSpec(name="cases.v1", partitions=3, retention_ms=-1)
        await create_topics(broker.address, topics=[cases], prefix=prefix)
        kafka = Kafka(servers=broker.address, prefix=prefix)
        async with kafka_client(kafka) as producer:
            for record in ROAD:
                await put(producer, kafka, record)
        await hear(engine, ROAD)
        right = await state_of(engine)
        await do(engine, "delete from case_view")
        write_new_key(tmp_path / "signing.key")
        settings = settings_in(
            tmp_path,
            service=LISTENER.name,
            database_url=engine.url.render_as_string(hide_password=False),
            kafka=kafka.servers,
            topic_prefix=prefix,
        )

        first, second = [await run_command(settings) for _ in range(2)]

        assert first == f"1 cases from {len(ROAD)} events, 1 changed\n"
        assert second == f"1 cases from {len(ROAD)} events, 0 changed\n"
        assert await state_of(engine) == right


async def run_command(settings: ServiceSettings) -> str:
    """Run what a runbook says, in the service's environment."""
    told = settings.model_dump(exclude_none=True, exclude_defaults=True)
    told["database_url"] = settings.database_url.get_secret_value()
    environment = os.environ | {f"SELLERWORKS_{name}".upper(): str(told[name]) for name in told}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chassis", "refold"), stdout=PIPE, stderr=PIPE, env=environment
    )
    async with asyncio.timeout(60):
        said, wrong = await running.communicate()
    assert running.returncode == 0, wrong.decode()
    return said.decode().splitlines(keepends=True)[-1]
