"""How fast the log takes in, puts in order and signs: on a PostgreSQL that syncs every commit."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from databases import a_database
from figures import percentile, say, table
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.clock import sequencing, signing
from audit.consumers import sink
from audit.domain.note import NoteSigner, origin
from audit.handlers.sign_head import STATE_FILE, Notary
from chassis.clock import keep_performing, perform
from chassis.cloudevents import RawRecord, to_headers
from chassis.consumer import store
from chassis.door import Pen
from chassis.ids import derived_uuid, from_uuid
from chassis.signing import Signer, sign_headers
from contracts.event import Envelope

AT_ONCE: Final = 500  # records a transaction, as the consume loop hands them over
READERS: Final = 2  # transactions at once, as the consume loop has them
EVENTS_A_CASE: Final = 10
PATIENCE: Final = timedelta(minutes=15)
ROUTER, AUDIT = (
    Signer.of(Ed25519PrivateKey.generate(), service=name) for name in ("router", "audit")
)
PEN = Pen(service="audit", signer=AUDIT)
INGEST = sink(keys=lambda: {ROUTER.key_id: ROUTER.public_key}, signer=lambda: AUDIT)
FACT = orjson.dumps({"queue": "payouts", "team": "verification", "reason": "x" * 300})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer events, rougher")
    asyncio.run(measure(quick=parser.parse_args().quick))


async def measure(*, quick: bool) -> None:
    """Print leaves a second, stage by stage and together, and the time to a checkpoint."""
    say("\nAudit: exact deduplication, every signature checked, every commit synced")
    count, seconds = (5_000, 10) if quick else (30_000, 60)
    async with a_database("audit", connections=10) as engine:
        parts = await _stage_by_stage(engine, _records(count, of="stages"))
    async with a_database("audit", connections=10) as engine:
        together = await _together(engine, _records(count, of="together"))
    rows = [(name, count / spent, spent / count * 1e6) for name, spent in parts.items()]
    table(
        ("", "events/s", "µs each"), [*rows, ("together", count / together, together / count * 1e6)]
    )
    async with a_database("audit", connections=10) as engine:
        await _time_to_checkpoint(engine, rate=300, seconds=seconds)


def _records(count: int, *, of: str) -> list[RawRecord]:
    """Make signed events, each tenth the first of a case; cases take turns as they do in life."""
    cases = -(-count // EVENTS_A_CASE)
    return [_record(of, n % cases, n // cases + 1, offset=n) for n in range(count)]


def _record(of: str, case: int, sequence: int, *, offset: int) -> RawRecord:
    subject = from_uuid("case", derived_uuid(of, str(case)))
    now = datetime.fromtimestamp(time.time(), UTC)
    envelope = Envelope(
        id=derived_uuid(of, str(case), str(sequence)),
        producer="router",
        type="case.told.v1",
        subject=subject,
        sequence=sequence,
        time=now,
        schema_ref="case.told.v1#1",
        correlation_id=derived_uuid(of, str(case)),
        causation_id=derived_uuid(of, str(case), "cause"),
        marketplace="harbour",
        playbook="marketplace-core@1.0.0",
        actor="service:router",
    )
    return RawRecord(
        topic="cases.v1",
        partition=case % 12,
        offset=offset,
        key=subject.encode(),
        headers=sign_headers(to_headers(envelope), FACT, ROUTER),
        value=FACT,
        timestamp_ms=int(now.timestamp() * 1000),
    )


async def _stage_by_stage(engine: AsyncEngine, records: Sequence[RawRecord]) -> dict[str, float]:
    ingest = await _timed(lambda: _ingest(engine, records))
    again = await _timed(lambda: _ingest(engine, records))
    return {
        "ingest": ingest,
        "the same again": again,
        "sequence": await _timed(lambda: _sequence(engine, len(records))),
    }


async def _together(engine: AsyncEngine, records: Sequence[RawRecord]) -> float:
    async def both() -> None:
        await asyncio.gather(_ingest(engine, records), _sequence(engine, len(records)))

    return await _timed(both)


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def _ingest(engine: AsyncEngine, records: Sequence[RawRecord]) -> None:
    """Hand all over as the consume loop does: two transactions at once, a case always in one."""
    halves = [[one for one in records if one.partition % READERS == n] for n in range(READERS)]

    async def take(half: Sequence[RawRecord]) -> None:
        for start in range(0, len(half), AT_ONCE):
            await store(half[start : start + AT_ONCE], to=INGEST, engine=engine, pen=PEN)

    await asyncio.gather(*map(take, halves))


async def _sequence(engine: AsyncEngine, leaves: int) -> None:
    duty = sequencing(signer=lambda: AUDIT, patience=PATIENCE)
    while await _size(engine) < leaves:
        while await perform(duty, engine=engine, pen=PEN):
            pass
        await asyncio.sleep(duty.every.total_seconds())


async def _size(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql("select size from log_heads")
        return int(found.scalar_one())


async def _time_to_checkpoint(engine: AsyncEngine, *, rate: int, seconds: int) -> None:
    """Feed at a steady rate, a few at a time; ask afterwards when each was first signed for."""
    key = NoteSigner(
        name=origin(host="bench", log="main", epoch=0), private=Ed25519PrivateKey.generate()
    )
    with tempfile.TemporaryDirectory() as folder:
        notary = Notary(signers=[key], state=Path(folder) / STATE_FILE)
        duties = sequencing(signer=lambda: AUDIT, patience=PATIENCE), signing(lambda: notary)
        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for duty in duties:
                tasks.create_task(keep_performing(duty, engine=engine, pen=PEN, stopping=stopping))
            staged = await _feed(engine, rate=rate, seconds=seconds)
            await asyncio.sleep(1)
            stopping.set()
    waits = await _waits(engine, staged)
    p50, p99 = (percentile(waits, share) * 1000 for share in (0.5, 0.99))
    say(f"\n    staged → checkpoint at {rate}/s: p50 {p50:.0f} ms, p99 {p99:.0f} ms")


async def _feed(engine: AsyncEngine, *, rate: int, seconds: int) -> list[tuple[float, int]]:
    """Return when each record was handed over, with its number."""
    handed, began = list[tuple[float, int]](), time.time()
    while (elapsed := time.time() - began) < seconds:
        due = int(elapsed * rate)
        parcel = [
            _record("clock", n, 1, offset=n)
            for n in range(len(handed), min(due, len(handed) + 500))
        ]
        handed += [(time.time(), one.offset) for one in parcel]
        if parcel:
            await store(parcel, to=INGEST, engine=engine, pen=PEN)
        await asyncio.sleep(0.01)
    return handed


async def _waits(engine: AsyncEngine, handed: Sequence[tuple[float, int]]) -> list[float]:
    query = (
        "select (l.leaf_offset)::int, extract(epoch from min(c.signed_at)) from (select idx,"
        " (convert_from(leaf, 'UTF8')::jsonb #>> '{src,o}') as leaf_offset from leaves) l"
        " join lateral (select signed_at from checkpoints where size > l.idx order by size limit 1)"
        " c on true group by 1"
    )
    async with engine.connect() as connection:
        signed = dict(tuple(row) for row in await connection.exec_driver_sql(query))
    return [float(signed[number]) - at for at, number in handed]


if __name__ == "__main__":
    main()
