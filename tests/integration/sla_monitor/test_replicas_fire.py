"""Four replicas of the service as processes, and more due than any day brings: each step once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import CASE, an_id
from builders_due import multiply
from builders_sla_monitor import JONAS, OPENED, SOFIA, World, enrolled
from chassis.signing import write_new_key
from conftest import EngineFor
from extent import short_or_full
from stack.waiting import until

STEPS = short_or_full(10_000, 100_000)
AT_EIGHT, IN_ALL = 3, 8  # steps of a case: due eight seconds after it was filed, and later
CASES = [CASE, *(an_id("case", number) for number in range(2, STEPS // AT_EIGHT + 2))]
KILLS = short_or_full(2, 10)
# A second (timers.md §7); the short form shares two cores with the tests beside it.
AT_LEAST = short_or_full(250, 1000)
PATIENCE = short_or_full(120, 600)
PLAYBOOKS = Path(__file__).parents[3] / "playbooks"

COUNT = "select count(*) from clock_steps where fired_at is not null"
RATE = """
select count(*) / extract(epoch from max(fired_at) - min(fired_at))
from clock_steps where fired_at is not null
"""
# Whoever fires is in a transaction most of the time; nobody else asks these tables so.
HOLDER = """
select application_name from pg_stat_activity
where application_name like 'replica-%' and xact_start is not null
  and query ~ 'clock_steps|insert into outbox|set next_due_at|from case_view'
order by xact_start limit 1
"""
SAID = """
select count(*), count(distinct event_id) from outbox
where headers ->> 'ce_type' in ('sla.warned.v1', 'sla.breached.v1')
"""


@pytest.fixture
async def world(engine_for: EngineFor) -> World:
    world = World(await engine_for("sla_monitor"))
    await world.enrol(enrolled(SOFIA, "supervisor"), enrolled(JONAS, "senior_agent"))
    await world.hear(*OPENED)
    await multiply(world, CASE, CASES[1:])
    return world


@dataclass(slots=True)
class Crew:
    """Replicas of the service without a broker: only what they do because time passes."""

    engine: AsyncEngine
    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        name = f"replica-{'abcdefghijklmnopqrstuvwxyz'[len(self.running)]}"
        settings = self._settings(name)
        env = {"PATH": os.environ["PATH"], "TZ": "UTC"}
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-P", "-m", "sla_monitor", "--role", "worker", "serve"],
                env=env | {f"SELLERWORKS_{key}": value for key, value in settings.items()},
                stdout=log,
                stderr=log,
            )

    def _settings(self, name: str) -> dict[str, str]:
        mine = self.folder / name
        mine.mkdir()
        write_new_key(mine / "signing.pem")
        (mine / "tag.key").write_bytes(bytes(32))
        (mine / "tag.key").chmod(0o600)
        return {
            "SERVICE": name,
            "PORT": "0",
            "DATABASE_URL": self.engine.url.render_as_string(hide_password=False),
            "ISSUER": "http://issuer.test",
            "AUDIENCE": "sellerworks",
            "JWKS_URL": "http://issuer.test/jwks.json",
            "SIGNING_KEY_FILE": str(mine / "signing.pem"),
            "TAG_KEY_FILE": str(mine / "tag.key"),
            "PLAYBOOKS": str(PLAYBOOKS),
            "DATA": str(mine),
        }

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.running[name].wait()

    async def kill_holder(self, world: World) -> None:
        """SIGKILL the replica that fires, in the middle of it; another is started in its place."""

        async def kill() -> bool:
            alive = {name for name, process in self.running.items() if process.poll() is None}
            found = [row[0] for row in await world.rows(HOLDER) if row[0] in alive]
            for name in found:
                self.kill(name)
            return bool(found)

        await until(kill, within=PATIENCE, every=0.01)
        self.start()


@contextmanager
def four_replicas(engine: AsyncEngine, folder: Path) -> Iterator[Crew]:
    crew = Crew(engine, folder)
    try:
        for _ in range(4):
            crew.start()
        yield crew
    finally:
        for name in crew.running:
            crew.kill(name)


async def have_fired(world: World, count: int) -> None:
    async def hold() -> bool:
        return await world.rows(COUNT) >= [(count,)]

    await until(hold, within=PATIENCE, every=0.2)


class TestFourReplicas:
    @pytest.mark.lasting
    @pytest.mark.fault(53)
    @pytest.mark.timeout(2 * PATIENCE)
    async def test_fire_each_step_once_and_fast_whoever_is_killed(
        self, world: World, tmp_path: Path
    ) -> None:
        with four_replicas(world.engine, tmp_path) as crew:
            await world.read_to(8)
            await have_fired(world, AT_EIGHT * len(CASES))
            ((rate,),) = await world.rows(RATE)

            await world.read_to(3600)
            for _ in range(KILLS):
                await crew.kill_holder(world)
            await have_fired(world, IN_ALL * len(CASES))

        assert await world.rows(SAID) == [(IN_ALL * len(CASES), IN_ALL * len(CASES))]
        assert await world.rows("select max(attempts) from firing_failures") == [(None,)]
        assert rate >= AT_LEAST, f"{rate:.0f} steps a second"
