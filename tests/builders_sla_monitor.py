"""Cases as the SLA monitor hears them, at the second, on the real playbook."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import (
    ADDRESS,
    CASE,
    NOON,
    REGISTRATION,
    a_case_opened,
    a_classification,
    a_message,
    a_receipt,
    a_route,
    an_id,
    an_item,
    event,
)
from chassis.cloudevents import RawRecord, to_headers
from chassis.consumer import Outcome, deliver
from chassis.door import Journey, Pen, Tx, run
from chassis.signing import Signer
from contracts.event import Contract
from contracts.resolution import EvidenceRequested
from contracts.routing import MemberEnrolled
from playbook.load import load_playbook
from playbook.model import Playbook
from sla_monitor.consumers import note_caught_up, sla_consumer
from sla_monitor.domain.following import Rules
from sla_monitor.handlers.fire_clocks import Fired, fire_clocks
from sla_monitor.store.clocks import name_clock

T = TypeVar("T")
DEMO = "harbour-demo"
JONAS, SOFIA, ANOTHER = an_id("mem", 3), an_id("mem", 4), an_id("mem", 9)
PARTITION = 3
_AT_ONCE = 150
PEN = Pen(
    service="sla-monitor",
    signer=Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32)), service="sla-monitor"),
)


@cache
def the_playbook() -> Playbook:
    return load_playbook(Path(__file__).parents[1] / "playbooks" / "marketplace-core")


@cache
def the_rules() -> Rules:
    return Rules(playbooks={the_playbook().pin: the_playbook()}, name=name_clock)


def enrolled(member: str, role: str, **changes: object) -> MemberEnrolled:
    given: dict[str, Any] = {
        "member": member,
        "marketplaces": ("harbour", DEMO),
        "teams": ("verification",),
        "roles": (role,),
        "authority": 3,
        "capacity": 20,
    }
    return MemberEnrolled(**(given | changes))


def asked() -> EvidenceRequested:
    return EvidenceRequested(
        request=an_id("req"),
        items=(an_item(1, REGISTRATION), an_item(2, ADDRESS)),
        due_at=NOON + timedelta(days=14),
    )


OPENED: Sequence[Contract] = (a_case_opened(), a_classification(), a_route())
ASKED: Sequence[Contract] = (*OPENED, asked(), a_message(1))
ANSWERED: Sequence[Contract] = (*ASKED, a_receipt(3, REGISTRATION), a_receipt(4, ADDRESS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An event of ours, as it was written."""

    type: str
    subject: str
    id: UUID
    cause: str | None
    fact: dict[str, Any]


class Printer(Protocol):
    """What Hypothesis shows an example with."""

    def text(self, words: str, /) -> None: ...


@dataclass(slots=True)
class World:
    """A database of the SLA monitor, what it has heard, and what it says."""

    engine: AsyncEngine
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    offset: int = 0
    rules: Rules = field(default_factory=the_rules)
    playbook: str = "marketplace-core@1.0.0"
    """What cases are filed under."""
    wake: Callable[[], None] = lambda: None
    """Called when the log was read up to something due."""

    def _repr_pretty_(self, printer: Printer, _cycle: bool, /) -> None:  # noqa: FBT001 - Hypothesis calls it
        """Stay short where Hypothesis shows an example: the playbooks are long."""
        printer.text(f"World({self.engine.url.database})")

    def record(
        self, fact: Contract, *, second: float = 0, case: str = CASE, marketplace: str = DEMO
    ) -> RawRecord:
        """Make the next record of a case, `second` after noon."""
        self.counts[fact.producer, case] += 1
        self.offset += 1
        sequence = self.counts[fact.producer, case]
        said = event(
            fact, sequence=sequence, subject=case, marketplace=marketplace, event_id=uuid4()
        )
        envelope = said.envelope.model_copy(update={"time": at(second), "playbook": self.playbook})
        return RawRecord(
            topic=fact.topic,
            partition=PARTITION,
            offset=self.offset,
            key=case.encode(),
            headers=to_headers(envelope),
            value=fact.model_dump_json(by_alias=True, exclude_none=True).encode(),
            timestamp_ms=0,
        )

    async def hear(
        self,
        *facts: Contract,
        second: float = 0,
        case: str = CASE,
        marketplace: str = DEMO,
    ) -> list[RawRecord]:
        """Hear facts of a case, all in the same second; all of them are taken."""
        heard = [
            self.record(fact, second=second, case=case, marketplace=marketplace) for fact in facts
        ]
        outcome = await self.take(heard)
        assert outcome.parked == 0, await self.rows("select error from parked_event")
        return heard

    async def hear_of(
        self, cases: Sequence[str], *facts: Contract, second: float = 0, marketplace: str = DEMO
    ) -> list[RawRecord]:
        """Hear the same facts of many cases, in few transactions; all of them are taken."""
        heard = [
            self.record(fact, second=second, case=case, marketplace=marketplace)
            for case in cases
            for fact in facts
        ]
        for start in range(0, len(heard), _AT_ONCE):
            outcome = await self.take(heard[start : start + _AT_ONCE])
            assert outcome.parked == 0, await self.rows("select error from parked_event")
        return heard

    async def take(self, records: Sequence[RawRecord]) -> Outcome:
        return await deliver(records, to=sla_consumer(self.rules), engine=self.engine, pen=PEN)

    async def enrol(self, *members: MemberEnrolled) -> None:
        for member in members:
            await self.hear(member, case=member.member)

    async def read_to(self, second: float) -> None:
        """Note that the log was read up to a second after noon."""

        async def note(tx: Tx) -> None:
            await note_caught_up({("cases.v1", PARTITION): at(second)}, tx=tx, wake=self.wake)

        await self.by_clock(note)

    async def fire(self, *, limit: int = 200) -> Fired:
        async def work(tx: Tx) -> Fired:
            return await fire_clocks(tx, rules=self.rules, limit=limit)

        return await self.by_clock(work)

    async def by_clock(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        journey = Journey(actor="service:sla-monitor")
        return await run(self.engine, work, pen=PEN, journey=journey)

    async def said(self, *kinds: str) -> list[Said]:
        """List what was said, in order; only of some kinds, if they are given."""
        rows = await self.rows("select headers, payload, event_id from outbox order by id")
        told = [
            Said(
                type=headers["ce_type"].removesuffix(".v1"),
                subject=headers["ce_subject"],
                id=event_id,
                cause=headers.get("ce_causationid"),
                fact=json.loads(payload),
            )
            for headers, payload, event_id in rows
        ]
        return [one for one in told if not kinds or one.type in kinds]

    async def rows(self, query: str) -> list[Any]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def instant(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def brief(said: Sequence[Said]) -> list[tuple[str, str]]:
    return [(one.type, one.fact.get("kind", "")) for one in said]


def again(records: Sequence[RawRecord]) -> list[RawRecord]:
    """Return records as Kafka delivers them a second time, at other offsets."""
    return [replace(record, offset=record.offset + 10_000) for record in records]
