"""The whole log read again from its beginning, by every service: nothing happens."""

from pathlib import Path

import pytest

from bells import written
from builders_audit import RunningLog, journey
from builders_contracts import CASE, E1
from builders_resolution import records
from chassis.cloudevents import RawRecord
from chassis.consumer import Consumer, Outcome, deliver
from conftest import EngineFor
from contracts.catalogue import CASES
from street import House, open_service

READERS = ("vault", "intake", "router", "resolution", "handoff", "sla-monitor")
ROAD = [one.fact for one in E1]


async def take(house: House, log: list[RawRecord]) -> Outcome:
    (consumer,) = [one for one in house.service.consumers if isinstance(one, Consumer)]
    of_cases = [one for one in log if one.topic in consumer.topics]
    return await deliver(of_cases, to=consumer, engine=house.engine, pen=house.app.state.desk.pen)


async def whole_log(house: House) -> list[RawRecord]:
    """Return the road as others tell it, and after it what this service has said itself."""
    others = [one for one in records(ROAD) if not is_of(house.name, one)]
    own = [one for one in await written(house.engine) if one.topic == CASES]
    return [*others, *own]


def is_of(service: str, record: RawRecord) -> bool:
    return record.headers["ce_source"].endswith(f"/{service}")


@pytest.mark.fault(50)
class TestATopicReadAgainFromItsBeginning:
    @pytest.mark.parametrize("name", READERS)
    async def test_has_no_effect(self, name: str, engine_for: EngineFor, tmp_path: Path) -> None:
        engine = await engine_for(name.replace("-", "_"))
        (tmp_path / "public.json").write_text("{}")
        async with open_service(name, engine, tmp_path) as house:
            first = await take(house, await whole_log(house))
            await take(house, await whole_log(house))
            before, log = await house.remains(), await whole_log(house)

            again = await take(house, log)

            assert first.applied > 0
            assert (again.applied, again.echoes, again.parked) == (0, 0, 0)
            assert again.duplicates == len(log)
            assert await house.remains() == before

    async def test_makes_no_leaf(self, engine_for: EngineFor, tmp_path: Path) -> None:
        running = RunningLog(engine=await engine_for("audit"), folder=tmp_path)
        log = journey(*ROAD, about=CASE)
        await running.log(*log)
        before = await running.leaves()

        await running.log(*log)

        assert len(before) == len(log)
        assert await running.leaves() == before
