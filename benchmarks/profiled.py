"""A process of its own: one service in it, fed without HTTP or Kafka, watched from inside."""

import asyncio
import cProfile
import json
import os
import pstats
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.application import create_app, create_engine, create_pen
from chassis.cloudevents import RawRecord
from chassis.consumer import deliver
from chassis.single import fetch
from chassis.subscriptions import Consumer
from contracts.catalogue import CASES
from stack.story.files import new_filing

Work = Callable[[int], Awaitable[None]]

_OPENED = """
select subject, headers::text as headers, payload from outbox
where topic = 'cases.v1' and sequence = 1 order by id desc limit $1
"""


@dataclass(slots=True)
class Statements:
    """What was asked of the database: how often, and how long the answer took."""

    count: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def note(self, query: Any) -> None:  # noqa: ANN401 - a record of an untyped driver
        name = " ".join(query.query.split())[:64].rstrip(";")
        self.count[name] += 1
        self.seconds[name] += query.elapsed

    def watch(self, engine: AsyncEngine) -> None:
        @event.listens_for(engine.sync_engine, "checkout")
        def _(connection: Any, *_: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter
            connection.driver_connection.add_query_logger(self.note)

    def clear(self) -> None:
        self.count.clear()
        self.seconds.clear()

    def told(self, per: int) -> list[dict[str, Any]]:
        return [
            {"statement": name, "times": count / per, "ms": self.seconds[name] / per * 1000}
            for name, count in self.count.most_common()
        ]


def warm(times: int) -> int:
    return times // 10 + 3


async def watch(work: Work, statements: Statements, *, times: int) -> dict[str, Any]:
    """Do it `times` times plainly, for the clock; then again under the profiler, for shares."""
    for n in range(warm(times)):
        await work(n)
    statements.clear()
    wall, cpu = time.perf_counter(), time.process_time()
    for n in range(times):
        await work(n)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    asked = statements.told(times)
    profile = cProfile.Profile()
    profile.enable()
    for n in range(times):
        await work(n)
    profile.disable()
    return {
        "wall_ms": wall / times * 1000,
        "cpu_ms": cpu / times * 1000,
        "statements": asked,
        "functions": _functions(profile),
    }


def _functions(profile: cProfile.Profile) -> list[dict[str, Any]]:
    stats: Any = pstats.Stats(profile)
    return [
        {"file": file, "name": name, "calls": calls, "own": own, "all": cumulative}
        for (file, _, name), (_, calls, own, cumulative, _) in stats.stats.items()
    ]


async def posting(times: int, token: str) -> dict[str, Any]:
    """Profile `POST /v1/cases` of intake, without its relay and its consumer."""
    from intake.main import build  # noqa: PLC0415 - the other process needs none of it
    from intake.settings import Settings  # noqa: PLC0415 - same

    settings, statements = Settings(role="api"), Statements()
    app = create_app(build(settings), settings)
    async with app.router.lifespan_context(app):
        statements.watch(app.state.desk.engine)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:

            async def post(_: int) -> None:
                filing = new_filing()
                headers = {
                    "authorization": f"Bearer {token}",
                    "idempotency-key": filing["external_ref"],
                }
                answer = await client.post("/v1/cases", json=filing, headers=headers)
                answer.raise_for_status()

            return await watch(post, statements, times=times)


async def routing(times: int, intake_url: str) -> dict[str, Any]:
    """Profile the router's consumer: a batch of ten `case.opened` a transaction."""
    from router.main import build  # noqa: PLC0415 - the other process needs none of it
    from router.settings import Settings  # noqa: PLC0415 - same

    settings, statements = Settings(), Statements()
    service = build(settings)
    [consumer] = service.consumers
    if not isinstance(consumer, Consumer):
        raise TypeError(consumer)
    engine, pen = create_engine(settings), create_pen(service, settings)
    records = iter(await _opened(intake_url, (2 * times + warm(times)) * _BATCH))
    statements.watch(engine)

    async def take(_: int) -> None:
        batch = [next(records) for _ in range(_BATCH)]
        outcome = await deliver(batch, to=consumer, engine=engine, pen=pen)
        if outcome.parked:
            raise AssertionError("a record was parked")

    try:
        return await watch(take, statements, times=times)
    finally:
        await engine.dispose()


_BATCH = 10


async def _opened(url: str, count: int) -> list[RawRecord]:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - for this alone

    engine = create_async_engine(url)
    rows = await fetch(engine, _OPENED, count)
    await engine.dispose()
    return [
        RawRecord(
            topic=CASES,
            partition=0,
            offset=offset,
            key=row["subject"].encode(),
            headers=json.loads(row["headers"]),
            value=row["payload"],
            timestamp_ms=0,
        )
        for offset, row in enumerate(rows)
    ]


def main() -> None:
    what, times, argument = sys.argv[1], int(sys.argv[2]), os.environ["BENCH_ARGUMENT"]
    work = {"posting": posting, "routing": routing}[what]
    print("\n" + json.dumps(asyncio.run(work(times, argument))))


if __name__ == "__main__":
    main()
