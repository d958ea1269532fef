"""A region tunes a time of its own: whose cases follow, whose do not, and what runs already."""

import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from builders_contracts import a_case_opened, an_id, event
from builders_resolution import PLAYBOOKS as FOLDER, record_of, the_playbook
from chassis.consumer import deliver
from conftest import EngineFor
from house_router import PLAN, THE_THREE, enrol, listed
from playbook.load import load_playbook
from playbook.model import Playbook
from router.consumers import router_consumer
from service_house import House, open_house

OLD, NEW = "marketplace-core@1.0.0", "marketplace-core@1.1.0"
QUEUE = "/v1/queues/verification/cases"


@pytest.fixture(scope="module")
def playbooks(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Playbook]:
    """Return the playbook as it is, and one in which France resolves within sixteen hours."""
    copy = tmp_path_factory.mktemp("tuned") / "next"
    shutil.copytree(FOLDER / "marketplace-core", copy)
    _edit(copy / "playbook.yaml", "version: 1.0.0\ntitle", "version: 1.1.0\ntitle")
    _edit(
        copy / "regions/FR.yaml", "targets:\n", "targets:\n  - {clock: resolution, target: 16h}\n"
    )
    return {OLD: the_playbook(), NEW: load_playbook(copy)}


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
async def house(
    engine_for: EngineFor, tmp_path: Path, playbooks: Mapping[str, Playbook]
) -> AsyncIterator[House]:
    engine = await engine_for("router")
    await enrol(engine, tmp_path, *THE_THREE)
    plan = replace(PLAN, consumer=router_consumer(playbooks), state={"playbooks": playbooks})
    async with open_house(plan, engine, tmp_path) as house:
        yield house


async def file_case(house: House, number: int, *, region: str, pin: str) -> str:
    """Let the router hear of a case filed under a version; all are filed at the same moment."""
    filed = a_case_opened()
    filed = filed.model_copy(update={"seller": filed.seller.model_copy(update={"region": region})})
    one = event(filed, subject=an_id("case", number))
    one = replace(one, envelope=one.envelope.model_copy(update={"playbook": pin}))
    await deliver([record_of(one)], to=house.plan.consumer, engine=house.engine, pen=PLAN.pen)
    return one.subject


async def due_dates(house: House) -> dict[str, str]:
    return {one["case"]: one["due_at"] for one in await listed(house, QUEUE, by="sofia")}


class TestRouteCase:
    @pytest.mark.covers("RG-1", "RG-3")
    async def test_follows_the_region_in_its_own_cases_only(self, house: House) -> None:
        french_before = await file_case(house, 1, region="FR", pin=OLD)
        german_before = await file_case(house, 2, region="DE", pin=OLD)

        french = await file_case(house, 3, region="FR", pin=NEW)
        german = await file_case(house, 4, region="DE", pin=NEW)

        due = await due_dates(house)
        assert due[french] < due[french_before]
        assert due[german] == due[german_before]

    async def test_leaves_a_running_case_to_the_version_it_began_with(self, house: House) -> None:
        running = await file_case(house, 1, region="FR", pin=OLD)
        due_as_filed = await due_dates(house)
        body = {"queue": "seller_care", "reason": "wrong_queue"}

        await file_case(house, 2, region="FR", pin=NEW)
        moved = await house.post(f"/v1/cases/{running}/rerouting", body, by="sofia")

        waiting = await listed(house, "/v1/queues/seller_care/cases", by="sofia")
        decided = await house.get(f"/v1/cases/{running}/routing", by="sofia")
        assert moved.status_code == 200
        assert {one["case"]: one["due_at"] for one in waiting} == due_as_filed
        assert {one["playbook"] for one in decided.json()["items"]} == {OLD}
