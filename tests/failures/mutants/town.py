"""Some services on real PostgreSQL with the product's own code, step by step in one process."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncEngine

from audit import clock as audit_clock
from audit.consumers import sink
from audit.domain.note import NoteSigner
from audit.handlers.sign_head import STATE_FILE, Notary
from chassis import door, ids
from chassis.clock import Duty, perform
from chassis.cloudevents import RawRecord
from chassis.consumer import deliver, store
from chassis.door import Journey, Pen, Tx
from chassis.draining import drain_due
from chassis.outcome import Gap
from chassis.relay import publish_some, republish
from chassis.signing import Signer
from chassis.subscriptions import Consumer, Sink
from chassis.taking import Reader
from contracts.catalogue import CASES, CHECKPOINTS
from failures.mutants.tape import PARTITIONS, Tape
from harness.collect import AUDIT, TOPICS, Sources, collect_from
from harness.dump import Dump
from harness.facts import Setting
from harness.history import History, Result
from harness.monitor import Monitor, note_of
from intake.api.bodies import NewCase
from intake.api.filing import check, prepare
from intake.consumers import CONSUMER as INTAKE
from intake.domain.filing import FileCase
from intake.handlers.file_case import file_case
from intake.handlers.note_contact import note_contact
from intake.store import sellers
from intake_stand import FakeVault, a_case
from playbook.load import load_all
from resolution.consumers import resolution_consumer
from router.consumers import router_consumer
from sla_monitor.consumers import sla_consumer
from sla_monitor.domain.following import Rules
from sla_monitor.handlers.fire_clocks import fire_clocks
from sla_monitor.store.clocks import name_clock

PLAYBOOKS: Final = load_all(Path(__file__).parents[3] / "playbooks")
TIMERS: Final = "sla-monitor"
RULES: Final = Rules(playbooks=PLAYBOOKS, name=name_clock)
CANARY: Final = "Canary-of-the-mutants"
_PATIENCE: Final = timedelta(minutes=15)
_ROUNDS: Final = 40

Work = Callable[[Tx], Awaitable[Any]]
Pause = Callable[[], Awaitable[None]]


class Died(Exception):
    """The process was killed here, as far as everybody else can tell."""


class DoorOf:
    """Door 1 of a service, as the product opens it."""

    async def run(self, engine: AsyncEngine, work: Work, *, pen: Pen, journey: Journey) -> Any:  # noqa: ANN401 - as the real one
        return await door.run(engine, work, pen=pen, journey=journey)


class RelayOf:
    """The relay of a service, as the product has it."""

    async def publish(self, engine: AsyncEngine, tape: Tape) -> int:
        return await publish_some(engine, tape)  # type: ignore[arg-type]  # a Writer by its one method


class ConsumingOf:
    """The consume loop of a service: hand over, then commit the offsets."""

    async def take(self, records: list[RawRecord], house: "House", tape: Tape) -> None:
        await deliver(records, to=house.consumer, engine=house.engine, pen=house.pen)
        tape.commit(house.name, records)


class TimersOf:
    """What fires, as far as the log was read."""

    async def fire(self, house: "House") -> None:
        async def work(tx: Tx) -> bool:
            return (await fire_clocks(tx, rules=RULES)).more

        while await house.do(work):
            continue


@dataclass(slots=True, kw_only=True)
class House:
    """One service: its database, its key, and the parts that a mutant may replace."""

    name: str
    engine: AsyncEngine
    pen: Pen
    consumer: Consumer
    door: DoorOf = field(default_factory=DoorOf)
    relay: RelayOf = field(default_factory=RelayOf)
    consuming: ConsumingOf = field(default_factory=ConsumingOf)

    async def do(self, work: Work, *, request_id: str | None = None) -> Any:  # noqa: ANN401 - what the work returns
        journey = Journey(actor=f"service:{self.name}", request_id=request_id)
        return await self.door.run(self.engine, work, pen=self.pen, journey=journey)


@dataclass(slots=True, kw_only=True)
class AuditHouse:
    """The log: what takes records in, gives them their index, signs the head."""

    engine: AsyncEngine
    pen: Pen
    sink: Sink
    sequencing: Duty
    signing: Duty
    log_key: NoteSigner

    async def perform(self, duty: Duty) -> bool | None:
        return await perform(duty, engine=self.engine, pen=self.pen)


@dataclass(slots=True, kw_only=True)
class Town:
    """All of them, with a tape between them and a history of what was asked."""

    houses: Mapping[str, House]
    audit: AuditHouse
    timers: TimersOf = field(default_factory=TimersOf)
    tape: Tape = field(default_factory=Tape)
    history: History = field(default_factory=History)
    monitor: Monitor = field(default_factory=Monitor)

    @property
    def intake(self) -> House:
        return self.houses["intake"]

    async def file(
        self,
        *,
        payout: str = "",
        pause: Pause | None = None,
        **changes: str,
    ) -> str | None:
        """File a case, or add a contact to the one about this payout; None if the door died."""
        number = uuid4().hex[:8]
        usual = {"external_ref": f"HB-{number}", "description": f"Paused. {CANARY}"}
        filing = a_case(**(usual | changes))
        filing["facts"]["payout_ref"] = payout or f"PO-{number}"
        checked = check(NewCase.model_validate(filing), PLAYBOOKS, assurance="front_end")
        command = await prepare(checked, engine=self.intake.engine, tag_key=bytes(32))

        async def work(tx: Tx) -> str:
            if pause:
                tx.before_commit.append(pause)
            done = await (
                file_case(tx, command)
                if isinstance(command, FileCase)
                else note_contact(tx, command)
            )
            return done.id

        return await self._on_record(work, opens=isinstance(command, FileCase))

    async def _on_record(self, work: Work, *, opens: bool) -> str | None:
        key, request_id = uuid4().hex, ids.from_uuid("req", uuid4())
        self.history.invoke("file_case", key, service="intake")
        facts = {"request_ids": [request_id], "opens": opens}
        try:
            case: str = await self.intake.do(work, request_id=request_id)
        except Died:
            self.history.complete(key, Result.INFO, facts=facts)
            return None
        says = ["case.opened.v1"] if opens else ["seller.message_received.v1"]
        facts |= {"says": says}
        self.history.complete(key, Result.OK, status=201, subject=case, facts=facts)
        return case

    async def settle(self) -> None:
        """Publish, consume, repair, sequence and sign until nothing moves any more."""
        for _ in range(_ROUNDS):
            moved = [await self.publish(), await self._consume(), await self._keep()]
            if not any(moved):
                break
        await self.audit.perform(self.audit.signing)
        while await self.publish():
            continue
        await self._watch()

    async def publish(self) -> int:
        """Let each relay have one round."""
        told = [await one.relay.publish(one.engine, self.tape) for one in self.houses.values()]
        return sum(told) + await RelayOf().publish(self.audit.engine, self.tape)

    async def _consume(self) -> int:
        taken = 0
        for house in self.houses.values():
            for records in self.tape.unread(house.name, house.consumer.topics):
                taken += len(records)
                try:
                    await house.consuming.take(records, house, self.tape)
                except Died:
                    continue  # it is started again, and reads on from what was committed
            reader = Reader(to=house.consumer, engine=house.engine, pen=house.pen)
            await drain_due(by=reader, ask=self._ask)
        return taken

    async def _ask(self, gap: Gap) -> None:
        """Let a producer publish again what somebody misses."""

        async def work(tx: Tx) -> int:
            return await republish(
                tx, topic=gap.topic, subject=gap.subject, from_sequence=gap.from_sequence
            )

        await self.houses[gap.producer].do(work)

    async def _keep(self) -> bool:
        audit = self.audit
        for records in self.tape.unread(AUDIT, audit.sink.topics):
            await store(records, to=audit.sink, engine=audit.engine, pen=audit.pen)
            self.tape.commit(AUDIT, records)
        return bool(await audit.perform(audit.sequencing))

    async def let_time_pass(self) -> None:
        """Say that all partitions were read up to now, and let the timers look once."""
        house = self.houses[TIMERS]

        async def work(tx: Tx) -> None:
            assert house.consumer.caught_up
            read = {(CASES, number): tx.now for number in range(PARTITIONS)}
            await house.consumer.caught_up(read, tx=tx)

        await house.do(work)
        await self.timers.fire(house)

    async def _watch(self) -> None:
        """See, as anybody could, which checkpoint the log shows now."""
        async with self.audit.engine.connect() as connection:
            shown = await connection.exec_driver_sql(
                "select note from checkpoints order by size desc limit 1"
            )
            for (note,) in shown:
                self.monitor.see("http", note)
        for (topic, _), records in self.tape.partitions.items():
            if topic == CHECKPOINTS:
                for record in records:
                    self.monitor.see("kafka", note_of(record.value or b""))

    async def dump(self) -> Dump:
        engines = {name: house.engine for name, house in self.houses.items()}
        engines[AUDIT] = self.audit.engine
        sources = Sources(databases={n: _dsn(one) for n, one in engines.items()}, kafka=None)
        found = await collect_from(sources, setting=Setting(topics=TOPICS), canary=CANARY)
        return replace(
            found,
            history=self.history.operations,
            records=self.tape.records(),
            checkpoints=[*found.checkpoints, *self.monitor.seen],
        )


def _dsn(engine: AsyncEngine) -> str:
    url = engine.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


async def build_town(
    engine_for: Callable[[str], Awaitable[AsyncEngine]], folder: Path, *, timers: bool = False
) -> Town:
    """Put the services on empty databases; intake has keys for the sellers to come."""
    consumers = [INTAKE, router_consumer(PLAYBOOKS), resolution_consumer(PLAYBOOKS)]
    consumers += [sla_consumer(RULES)] if timers else []
    signers = {name: _signer(name) for name in (*(one.name for one in consumers), AUDIT)}
    houses = {
        consumer.name: House(
            name=consumer.name,
            engine=await engine_for(consumer.name.replace("-", "_")),
            pen=Pen(service=consumer.name, signer=signers[consumer.name]),
            consumer=consumer,
        )
        for consumer in consumers
    }
    public = {one.key_id: one.public_key for one in signers.values()}
    log_key = NoteSigner(name="town.test/audit/main/0", private=Ed25519PrivateKey.generate())
    notary = Notary(signers=[log_key], state=folder / STATE_FILE)
    audit = AuditHouse(
        engine=await engine_for(AUDIT),
        pen=Pen(service=AUDIT, signer=signers[AUDIT]),
        sink=sink(keys=lambda: public, signer=lambda: signers[AUDIT]),
        sequencing=audit_clock.sequencing(signer=lambda: signers[AUDIT], patience=_PATIENCE),
        signing=audit_clock.signing(lambda: notary),
        log_key=log_key,
    )
    town = Town(houses=houses, audit=audit)
    await town.intake.do(lambda tx: sellers.add_spare_keys(tx, FakeVault().make(5)))
    return town


def _signer(service: str) -> Signer:
    return Signer.of(Ed25519PrivateKey.generate(), service=service)
