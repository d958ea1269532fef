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

from chassis import forgetting, idempotency, relay
from chassis.auth import ServiceTokens
from chassis.broker import Kafka
from chassis.clock import Duty, keep_performing
from chassis.door import Pen
from chassis.lease import Lease
from chassis.reading import Reading
from chassis.relay import Relay
from chassis.repair import asking
from chassis.settings import ServiceSettings
from chassis.subscriptions import Consumer, Sink
from chassis.supervisor import Supervisor

WORKER: Final = "worker"
_LEAVES_WITHIN: Final = 15.0
_ASK_WITHIN: Final = 5.0
_PURGE = Duty(name="purge-outbox", every=timedelta(minutes=10), work=relay.purge)
_FORGET_RECORDS = Duty(name="forget-records", every=timedelta(minutes=10), work=forgetting.forget)
_FORGET = Duty(name="forget-answers", every=timedelta(minutes=10), work=idempotency.forget)

_log = structlog.get_logger()
_Work = tuple[str, Callable[[], Awaitable[None]]]


def roles_of(settings: ServiceSettings) -> frozenset[str]:
    return frozenset(role.strip() for role in settings.role.split(","))


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
    supervisor: Supervisor = field(default_factory=Supervisor)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Work as long as the block lasts; at its end finish what is begun, within 15 s."""
        async with httpx.AsyncClient(timeout=_ASK_WITHIN) as client:
            together = asyncio.create_task(self._all(client), name="background")
            try:
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
                tasks.create_task(self.supervisor.keep(name, work), name=name)

    def _works(self, client: httpx.AsyncClient) -> Iterator[_Work]:
        roles = roles_of(self.settings)
        kafka = self._kafka()
        if kafka and WORKER in roles:
            yield "relay", self._relay(kafka).run
        if kafka:
            yield from self._readings(kafka, client, roles)
        for duty in (_PURGE, _FORGET, _FORGET_RECORDS, *self.duties):
            if duty.role in roles:
                yield f"duty:{duty.name}", partial(self._keep_performing, duty)

    def _kafka(self) -> Kafka | None:
        if self.settings.kafka is None:
            return None
        return Kafka(
            servers=self.settings.kafka,
            prefix=self.settings.topic_prefix,
            client_id=self.settings.service,
        )

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
        tokens = ServiceTokens(
            client, url=self.settings.own_token_url, client_id=self.settings.client_id
        )
        ask = asking(client, tokens=tokens, urls=self.settings.urls)
        for consumer in self.consumers:
            if consumer.role in roles:
                reading = self._reading(consumer, kafka)
                yield f"consumer:{consumer.name}", reading.run
                if isinstance(consumer, Consumer):
                    yield f"parking:{consumer.name}", partial(reading.keep_draining, ask)

    def _reading(self, consumer: Consumer | Sink, kafka: Kafka) -> Reading:
        return Reading(
            to=consumer,
            engine=self.engine,
            pen=self.pen,
            kafka=kafka,
            stopping=self.supervisor.stopping,
            changed=self.changed,
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
