"""A steady load for a while: nothing fails, the rate is kept, every event is soon signed for."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer

from audit.domain.note import LogKey
from audit_processes import alive
from builders_audit import Desk, RunningLog, open_desk, record, settings_for
from chassis.clock import wait_or_stop
from chassis.ids import from_uuid
from chassis.signing import Signer, write_new_key
from contracts.catalogue import TOPICS
from extent import short_or_full
from stack.kafka import Kafka as Broker
from stack.topics import create_topics
from stack.waiting import until
from verifier.policy import policy_of_keys
from verifier.report import Verdict
from verifier.signed import verify_event

RATE: Final = short_or_full(300, 1_000)
SECONDS: Final = short_or_full(60, 600)
READERS: Final = short_or_full(2, 8)
TICK: Final = 0.02
CATCHES_UP_WITHIN: Final = 60.0
KEY_NAME: Final = "sellerworks/audit/main/0"
_TO_CHECKPOINT = """
select extract(epoch from percentile_disc(0.99) within group (order by signed.at - recorded.at))
from (
    select idx, (convert_from(leaf, 'UTF8')::jsonb ->> 'recorded_at')::timestamptz as at
    from leaves where producer = 'router' and idx > 0
) as recorded
cross join lateral (
    select signed_at as at from checkpoints where size > recorded.idx order by size limit 1
) as signed
"""


@dataclass(slots=True, kw_only=True)
class Hammer:
    """What hits the log, and those who check what they were shown."""

    desk: Desk
    kafka: str
    prefix: str
    policy_key: str
    sent: list[UUID] = field(default_factory=list)
    verified: int = 0
    failures: list[str] = field(default_factory=list)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def produce(self) -> None:
        """Send events at the rate, each about one of many cases."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await producer.start()
        try:
            loop = asyncio.get_running_loop()
            began = loop.time()
            while (elapsed := loop.time() - began) < SECONDS:
                due = int(elapsed * RATE)
                await self._send(producer, len(self.sent), due)
                await wait_or_stop(self.stopping, TICK)
        finally:
            await producer.stop()

    async def _send(self, producer: AIOKafkaProducer, begin: int, end: int) -> None:
        waiting = []
        for number in range(begin, end):
            case = from_uuid("case", UUID(int=(number % (RATE * 2)) << 64 | 7 << 76))
            one = record(number // (RATE * 2) + 1, about=case)
            headers = [(name, text.encode()) for name, text in one.headers.items()]
            topic = self.prefix + one.topic
            sending = await producer.send(topic, one.value, one.key, headers=headers)
            waiting.append(sending)
            self.sent.append(UUID(one.headers["ce_id"]))
        await asyncio.gather(*waiting)

    async def read(self, seed: int) -> None:
        """Take the newest checkpoint, and check a proof of any leaf against it, as auditors do."""
        rng, policy = random.Random(seed), policy_of_keys([self.policy_key])
        while not self.stopping.is_set():
            checkpoint = (await self.desk.get("/v1/log/checkpoint")).text
            size = int(checkpoint.split("\n")[1])
            event = await self._event_at(rng.randrange(size))
            path = f"/v1/log/proof/inclusion?event_id={event}&size={size}"
            answer = await self.desk.get(path)
            report = verify_event(answer.content, name=str(event), policy=policy)
            if answer.status_code != 200 or report.verdict is not Verdict.OK:
                self.failures.append(f"{answer.status_code} {report.findings}")
            self.verified += 1
            await wait_or_stop(self.stopping, 10 * TICK)

    async def _event_at(self, idx: int) -> UUID:
        query = f"select event_id from leaves where idx = {idx}"  # noqa: S608 - a number of ours
        ((event,),) = await self.desk.log.rows(query)
        return UUID(str(event))

    async def warm_up(self) -> None:
        """Wait until the first event has gone all the way: the processes have begun."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await producer.start()
        try:
            await self._send(producer, 0, 1)
        finally:
            await producer.stop()
        await until(self.is_all_signed, within=CATCHES_UP_WITHIN)

    async def hit(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for seed in range(READERS):
                tasks.create_task(self.read(seed))
            try:
                await self.produce()
            finally:
                self.stopping.set()

    async def is_all_signed(self) -> bool:
        query = (
            "select (select count(*) from leaves where producer = 'router'),"
            " (select max(size) from checkpoints) = (select size from log_heads)"
        )
        return await self.desk.log.rows(query) == [(len(self.sent), True)]


@asynccontextmanager
async def hammer_on(log: RunningLog, broker: Broker) -> AsyncIterator[Hammer]:
    prefix, pem = f"t{uuid4().hex[:8]}.", log.folder / "log.pem"
    write_new_key(pem)
    key = Signer.load(pem, "audit-signer").public_key.public_bytes_raw()
    await create_topics(broker.address, topics=TOPICS, prefix=prefix)
    where = {"kafka": broker.address, "topic_prefix": prefix, "stack": True}
    with ExitStack() as running:
        running.enter_context(alive(settings_for(log, role="ingest,sequencer", **where)))
        signs = settings_for(log, role="signer", signer_key_file=pem, **where)
        running.enter_context(alive(signs))
        async with open_desk(log) as desk:
            yield Hammer(
                desk=desk,
                kafka=broker.address,
                prefix=prefix,
                policy_key=LogKey(name=KEY_NAME, public=key).verifier_key,
            )


class TestTheLog:
    @pytest.mark.covers("AU-3", "AU-4")
    @pytest.mark.alone
    @pytest.mark.fault(74)
    async def test_keeps_up_with_a_steady_load_while_proofs_are_checked(
        self, log: RunningLog, broker: Broker
    ) -> None:
        async with hammer_on(log, broker) as hammer:
            await hammer.warm_up()
            await hammer.hit()
            await until(hammer.is_all_signed, within=CATCHES_UP_WITHIN, every=0.5)

        ((waited,),) = await log.rows(_TO_CHECKPOINT)
        print(f"\n{len(hammer.sent)} events, {hammer.verified} proofs, checkpoint p99 {waited} s")  # noqa: T201 - told, and judged below
        assert len(hammer.sent) > 0.95 * RATE * SECONDS
        assert hammer.failures == []
        assert hammer.verified > SECONDS
        assert waited < 2
