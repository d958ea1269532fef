"""The whole log read again from its beginning, by every service: nothing happens."""

from pathlib import Path

import pytest

from bells import BY_TEST, written
from builders_audit import RunningLog, journey
from builders_contracts import CASE, E1, a_case_opened
from builders_resolution import records
from chassis import views
from chassis.cloudevents import RawRecord
from chassis.consumer import Consumer, Outcome, deliver
from chassis.door import open_door
from chassis.outbox import announce
from conftest import EngineFor
from contracts.catalogue import CASES
from street import House, open_service

READERS = ("vault", "intake", "router", "resolution", "handoff", "sla-monitor")
PLAYBOOK = "marketplace-core@1.0.0"
ROAD = [one.fact for one in E1]


async def take(house: House, log: list[RawRecord]) -> Outcome:
    (consumer,) = [one for one in house.service.consumers if isinstance(one, Consumer)]
    of_cases = [one for one in log if one.topic in consumer.topics]
    return await deliver(of_cases, to=consumer, engine=house.engine, pen=house.app.state.desk.pen)


async def open_the_case_if_ours(house: House) -> None:
    if house.name == views.OPENER:
        pen = house.app.state.desk.pen
        async with open_door(house.engine, pen=pen, journey=BY_TEST) as tx:
            opening = a_case_opened()
            announce(tx, opening, subject=CASE, marketplace="harbour", playbook=PLAYBOOK)


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
            await open_the_case_if_ours(house)
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
