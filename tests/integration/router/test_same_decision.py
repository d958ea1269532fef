"""The same facts under the same playbook: library and router decide the same, in bytes."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from builders_contracts import an_id
from builders_filings import event_of, filings
from builders_resolution import record_of, the_playbook
from chassis.consumer import RawRecord, deliver
from conftest import EngineFor
from extent import short_or_full
from house_router import PLAN, a_router
from playbook.judgement import judge
from playbook.record import canonical, record
from router.store import decisions
from service_house import House

CASES = short_or_full(2_000, 10_000)
REPLAYED = short_or_full(300, 1_000)
AT_ONCE = 500
SEED = 20261123


def the_log(count: int) -> list[RawRecord]:
    """Say generated filings as intake does, as Kafka has them."""
    made = enumerate(filings(the_playbook(), count, seed=SEED))
    events = (event_of(the_playbook(), one, number) for number, one in made)
    return [
        record_of(one, offset=offset, marketplace=one.envelope.marketplace or "")
        for offset, one in enumerate(events)
    ]


def decided_by_library(count: int) -> dict[str, bytes]:
    """Judge the same filings with nothing but the library."""
    made = enumerate(filings(the_playbook(), count, seed=SEED))
    return {
        an_id("case", number): canonical(record(judge(the_playbook(), one))) for number, one in made
    }


async def decided_by_router(house: House, log: Sequence[RawRecord]) -> dict[str, bytes]:
    """Let the router take a log; return what it keeps of each case, in canonical bytes."""
    for at in range(0, len(log), AT_ONCE):
        batch = log[at : at + AT_ONCE]
        taken = await deliver(batch, to=PLAN.consumer, engine=house.engine, pen=PLAN.pen)
        assert (taken.applied, taken.parked) == (len(batch), 0)
    table = decisions.table.c
    wanted = select(table.case_id, table.classification, table.route)
    async with house.engine.connect() as connection:
        rows = (await connection.execute(wanted)).all()
    return {
        row.case_id: canonical({"classification": row.classification, "route": row.route})
        for row in rows
    }


def write_log(file: Path, log: Iterable[RawRecord]) -> None:
    lines = (json.dumps(asdict(one), default=lambda raw: b64encode(raw).decode()) for one in log)
    file.write_text("\n".join(lines))


def read_log(file: Path) -> list[RawRecord]:
    return [_record(json.loads(line)) for line in file.read_text().splitlines()]


def _record(kept: dict[str, Any]) -> RawRecord:
    return RawRecord(**kept | {name: b64decode(kept[name]) for name in ("key", "value")})


class TestRouteCase:
    @pytest.mark.covers("RT-1", "RT-3", "RT-17")
    async def test_decides_thousands_of_cases_as_the_library_does(self, house: House) -> None:
        log = the_log(CASES)

        kept = await decided_by_router(house, log)

        expected = decided_by_library(CASES)
        assert [case for case in expected if kept.get(case) != expected[case]] == []
        assert len(kept) == CASES

    async def test_decides_a_recorded_log_again_as_it_did(
        self, engine_for: EngineFor, tmp_path: Path
    ) -> None:
        write_log(tmp_path / "cases.log", the_log(REPLAYED))

        recorded = read_log(tmp_path / "cases.log")
        decided = []
        for router in ("first", "second"):
            (tmp_path / router).mkdir()
            async with a_router(await engine_for("router"), tmp_path / router) as house:
                decided.append(await decided_by_router(house, recorded))

        assert decided[0] == decided[1] == decided_by_library(REPLAYED)
