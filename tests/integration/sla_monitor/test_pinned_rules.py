"""Another version of the playbook, another calendar: what runs keeps what it began with."""

import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from builders_contracts import (
    ADDRESS,
    CASE,
    REGISTRATION,
    a_case_opened,
    a_classification,
    a_receipt,
    a_route,
    an_id,
)
from builders_sla_monitor import OPENED, World, asked, at, instant, the_playbook, the_rules
from conftest import EngineFor
from playbook.load import load_playbook
from playbook.model import Playbook
from sla_monitor.domain.following import Rules

NEW, NEWCOMER = "marketplace-core@1.1.0", an_id("case", 2)
CORE = Path(__file__).parents[3] / "playbooks" / "marketplace-core"
URGENT = "resolution_payout_hold_urgent"
EDITS: Mapping[str, tuple[str, str]] = {
    "playbook.yaml": ("version: 1.0.0", "version: 1.1.0"),
    "regions/demo.yaml": ("{clock: resolution, target: 8s}", "{clock: resolution, target: 20s}"),
    "calendars.yaml": ("- id: always\n    version: 1", "- id: always\n    version: 2"),
}


@pytest.fixture
def edited(tmp_path: Path) -> Playbook:
    """Return the playbook as somebody has edited it: other targets, another calendar."""
    folder = tmp_path / "marketplace-core"
    shutil.copytree(CORE, folder)
    for name, (old, new) in EDITS.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return load_playbook(folder)


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    return World(await engine_for("sla_monitor"))


async def resolution(world: World, case: str) -> tuple[object, ...]:
    rows = await world.rows(
        "select subject, playbook, calendar, tzdata, target, due_at"
        " from clocks join sla_cases using (marketplace, case_id) where kind = 'resolution'"
    )
    return next(row[1:] for row in rows if row[0] == case)


class TestAnEditedPlaybook:
    @pytest.mark.fault(60)
    async def test_changes_nothing_of_what_runs(self, world: World, edited: Playbook) -> None:
        await world.hear(*OPENED)
        before = await resolution(world, CASE)
        world.rules = both(edited)

        await world.hear(asked(), second=3)
        await world.hear(a_receipt(3, REGISTRATION), a_receipt(4, ADDRESS), second=13)

        assert (await resolution(world, CASE))[:4] == before[:4]
        assert (await resolution(world, CASE))[4] == at(18)

    @pytest.mark.fault(60)
    async def test_counts_for_what_begins_after_it(self, world: World, edited: Playbook) -> None:
        await world.hear(*OPENED)
        world.rules, world.playbook = both(edited), NEW

        await world.hear(*OPENED, case=NEWCOMER)

        playbook, calendar, _, target, due_at = await resolution(world, NEWCOMER)
        assert (playbook, target, due_at) == (NEW, timedelta(seconds=20), at(20))
        assert str(calendar).startswith("always@2")
        await world.read_to(10)
        await world.fire()
        breaches = await world.said("sla.breached")
        assert [one.subject for one in breaches] == [CASE]
        assert instant(breaches[0].fact["due_at"]) == at(8)

    @pytest.mark.fault(60)
    async def test_leaves_what_each_clock_counts_by_in_the_audited_log(
        self, world: World, edited: Playbook
    ) -> None:
        await world.hear(*OPENED)
        world.rules, world.playbook = both(edited), NEW

        await world.hear(*OPENED, case=NEWCOMER)

        said = [one.fact for one in await world.said("sla.clock_started")]
        told = {(one["target_seconds"], one["calendar"].split("@")[1][0]) for one in said}
        assert {(8, "1"), (20, "2")} <= told
        pins = await world.rows("select distinct headers->>'ce_playbook' from outbox order by 1")
        assert pins == [(the_playbook().pin,), (NEW,)]


class TestANewTarget:
    async def test_brings_its_calendar(self, world: World, tmp_path: Path) -> None:
        """The row kept the calendar that the clock had begun with; what came next counted by it."""
        shutil.copytree(CORE, tmp_path / "core")
        targets = tmp_path / "core" / "sla.yaml"
        rows = targets.read_text(encoding="utf-8").splitlines()
        changed = [
            row.replace("calendar: region", "calendar: always") if URGENT in row else row
            for row in rows
        ]
        assert changed != rows
        targets.write_text("\n".join(changed) + "\n", encoding="utf-8")
        world.rules = both(load_playbook(tmp_path / "core"))
        severe = a_classification().model_copy(update={"severity": "high"})

        await world.hear(a_case_opened(), severe, a_route(), marketplace="harbour")

        _, calendar, _, target, due_at = await resolution(world, CASE)
        assert (target, due_at) == (timedelta(hours=16), at(16 * 3600))
        assert str(calendar).startswith("always@")


def both(edited: Playbook) -> Rules:
    playbooks = {playbook.pin: playbook for playbook in (the_playbook(), edited)}
    return Rules(playbooks=playbooks, name=the_rules().name)
