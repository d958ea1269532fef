"""What a service does without being asked: publish, consume, keep time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

import httpx
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import forgetting, idempotency, relay, stalls
from chassis.auth import ServiceTokens
from chassis.broker import Kafka
from chassis.clock import Duty, keep_performing
from chassis.door import Pen
from chassis.draining import Ask
from chassis.lease import Lease
from chassis.missing import Heads
from chassis.outgoing import http_client
from chassis.reading import Reading
from chassis.relay import Relay
from chassis.repair import asking, reading_heads
from chassis.restored import Speaker, Standing, keep_looking
from chassis.settings import ServiceSettings
from chassis.subscriptions import Consumer, Sink
from chassis.supervisor import Supervisor
from chassis.watchdog import Watchdog

WORKER: Final = "worker"
_SPEAKING: Final = frozenset({"api", WORKER})  # processes that say events
_READS: Final = "consumer:"
_LEAVES_WITHIN: Final = 15.0
_ASK_WITHIN: Final = 5.0
_PURGE = Duty(name="purge-outbox", every=timedelta(minutes=10), work=relay.purge)
_FORGET_RECORDS = Duty(name="forget-records", every=timedelta(minutes=10), work=forgetting.forget)
_FORGET = Duty(name="forget-answers", every=timedelta(minutes=10), work=idempotency.forget)

_log = structlog.get_logger()
_Work = tuple[str, Callable[[], Awaitable[None]]]


def roles_of(settings: ServiceSettings) -> frozenset[str]:
    return frozenset(role.strip() for role in settings.role.split(","))


def kafka_of(settings: ServiceSettings) -> Kafka | None:
    if settings.kafka is None:
        return None
    return Kafka(
        servers=settings.kafka,
        prefix=settings.topic_prefix,
        client_id=settings.service,
        instance=settings.instance,
    )


def lines_to_others(settings: ServiceSettings, client: httpx.AsyncClient) -> tuple[Ask, Heads]:
    """Make what asks other services to publish again, and how far they have come."""
    tokens = ServiceTokens(client, url=settings.own_token_url, client_id=settings.client_id)
    others = {name: url for name, url in settings.urls.items() if name != settings.service}
    ask = asking(client, tokens=tokens, urls=settings.urls)
    return ask, reading_heads(client, tokens=tokens, urls=others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """The background work of one process of a service."""

    settings: ServiceSettings
    engine: AsyncEngine
    pen: Pen
    changed: Callable[[str], None]
    wake: asyncio.Event
    consumers: tuple[Consumer | Sink, ...]
    duties: tuple[Duty, ...]
    standing: Standing = field(default_factory=Standing)
    supervisor: Supervisor = field(default_factory=Supervisor)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Work as long as the block lasts; at its end finish what is begun, within 15 s."""
        async with http_client(timeout=_ASK_WITHIN) as client:
            together = asyncio.create_task(self._all(client), name="background")
            try:
                with stalls.noticed():
                    yield
            finally:
                self.supervisor.stopping.set()
                self.wake.set()
                await _leave(together)

    async def ask(self) -> str | None:
        """Say for `/readyz` what does not work right now."""
        ailing = sorted(self.supervisor.ailing.items())
        return "; ".join(f"{name}: {why}" for name, why in ailing) or None

    async def _all(self, client: httpx.AsyncClient) -> None:
        async with asyncio.TaskGroup() as tasks:
            for name, work in self._works(client):
                tells = name.startswith(_READS)
                tasks.create_task(self.supervisor.keep(name, work, tells=tells), name=name)

    def _works(self, client: httpx.AsyncClient) -> Iterator[_Work]:
        roles = roles_of(self.settings)
        if kafka := kafka_of(self.settings):
            if roles.isdisjoint(_SPEAKING):
                self.standing.known.set()
            else:
                yield "standing", partial(self._find_standing, kafka)
            for name, work in self._works_on(kafka, client, roles):
                yield name, partial(self._once_known, work)
        for duty in (_PURGE, _FORGET, _FORGET_RECORDS, *self.duties):
            if duty.role in roles:
                yield f"duty:{duty.name}", partial(self._keep_performing, duty)

    def _works_on(
        self, kafka: Kafka, client: httpx.AsyncClient, roles: frozenset[str]
    ) -> Iterator[_Work]:
        if WORKER in roles:
            yield "relay", self._relay(kafka).run
        yield from self._readings(kafka, client, roles)

    async def _find_standing(self, kafka: Kafka) -> None:
        speaker = Speaker(
            service=self.pen.service, signer=self.pen.signer, engine=self.engine, kafka=kafka
        )
        await keep_looking(self.standing, speaker, stopping=self.supervisor.stopping)

    async def _once_known(self, work: Callable[[], Awaitable[None]]) -> None:
        """Neither publish nor consume before it is known that this database is the newest."""
        if await self.standing.wait(self.supervisor.stopping):
            await work()

    def _relay(self, kafka: Kafka) -> Relay:
        return Relay(
            engine=self.engine,
            kafka=kafka,
            lease=Lease(engine=self.engine, name="relay"),
            stopping=self.supervisor.stopping,
            wake=self.wake,
        )

    def _readings(
        self, kafka: Kafka, client: httpx.AsyncClient, roles: frozenset[str]
    ) -> Iterator[_Work]:
        ask, heads = lines_to_others(self.settings, client)
        for consumer in self.consumers:
            if consumer.role in roles:
                reading = self._reading(consumer, kafka)
                yield _READS + consumer.name, reading.run
                if isinstance(consumer, Consumer):
                    yield f"parking:{consumer.name}", partial(reading.keep_draining, ask)
                    yield f"missing:{consumer.name}", partial(reading.keep_asking, heads, ask)

    def _reading(self, consumer: Consumer | Sink, kafka: Kafka) -> Reading:
        return Reading(
            to=consumer,
            engine=self.engine,
            pen=self.pen,
            kafka=kafka,
            stopping=self.supervisor.stopping,
            changed=self.changed,
            watchdog=Watchdog(
                consumer=consumer.name,
                answers=partial(kafka.answers, consumer.topics[0]),
                stopping=self.supervisor.stopping,
                tell=partial(self.supervisor.tell, _READS + consumer.name),
            ),
        )

    async def _keep_performing(self, duty: Duty) -> None:
        await keep_performing(
            duty, engine=self.engine, pen=self.pen, stopping=self.supervisor.stopping
        )


async def _leave(together: asyncio.Task[None]) -> None:
    _done, late = await asyncio.wait([together], timeout=_LEAVES_WITHIN)
    for task in late:
        _log.warning("background_work_cut_off", after_seconds=_LEAVES_WITHIN)
        task.cancel()
    await asyncio.wait([together])
