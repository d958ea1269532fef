"""What intake does because time passes, on a real PostgreSQL."""

import asyncio
import os
from datetime import timedelta

import pytest
from sqlalchemy import text

from builders_intake import NOON
from chassis import clock, ids
from chassis.clock import Duty
from chassis.problems import VaultUnavailable
from intake.clock import KEYS_AT_ONCE, Pool, duties
from intake.store.files import Files
from intake_stand import PEN, Stand


def duty(stand: Stand, name: str, pool: Pool | None = None) -> Duty:
    files = Files(stand.folder / "data" / "evidence")
    made = duties(vault=stand.vault.client(), files=files, pool=pool or Pool())
    return next(one for one in made if one.name == name)


async def perform(stand: Stand, what: Duty) -> bool | None:
    return await clock.perform(what, engine=stand.engine, pen=PEN)


async def spare_keys(stand: Stand) -> int:
    async with stand.engine.connect() as connection:
        counted: int = await connection.scalar(text("select count(*) from spare_keys"))
        return counted


async def empty(stand: Stand) -> None:
    async with stand.engine.begin() as connection:
        await connection.execute(text("delete from spare_keys"))


class TestRefill:
    async def test_looks_first_and_then_fetches_in_chunks(self, stand: Stand) -> None:
        await empty(stand)
        refill = duty(stand, "refill-spare-keys")

        more = [await perform(stand, refill) for _ in range(3)]

        assert more == [True, True, True]
        assert await spare_keys(stand) == 2 * KEYS_AT_ONCE
        assert stand.vault.bearers == ["Bearer own"] * 2

    async def test_fails_aloud_while_the_vault_is_stopped(self, stand: Stand) -> None:
        refill = duty(stand, "refill-spare-keys")
        await perform(stand, refill)
        stand.vault.stopped = True

        with pytest.raises(VaultUnavailable):
            await perform(stand, refill)


class TestPool:
    async def test_is_not_ready_before_its_first_key(self, stand: Stand) -> None:
        await empty(stand)
        pool = Pool()

        await perform(stand, duty(stand, "look-at-spare-keys", pool))

        assert await pool.has_begun() == "waits for its first spare keys from the vault"

    async def test_is_degraded_while_few_are_left(self, stand: Stand) -> None:
        pool = Pool()

        await perform(stand, duty(stand, "look-at-spare-keys", pool))

        assert await pool.has_begun() is None
        assert await pool.is_full_enough() == "20 spare keys are left"

    async def test_has_begun_for_ever_once_a_seller_has_a_key(self, stand: Stand) -> None:
        await stand.filed()
        await empty(stand)
        pool = Pool()

        await perform(stand, duty(stand, "look-at-spare-keys", pool))

        assert await pool.has_begun() is None


class TestSweep:
    async def test_removes_what_no_row_speaks_of_after_a_day(self, stand: Stand) -> None:
        files = Files(stand.folder / "data" / "evidence")
        old, young = (ids.new_id("evd", NOON + timedelta(hours=n)) for n in range(2))
        for evidence in (old, young):
            with files.new(evidence) as file:
                file.keep()
        [path] = files.folder.glob(f"*/{old}")
        os.utime(path, (0, 0))

        await perform(stand, duty(stand, "sweep-evidence-files"))

        assert [left.name for left in files.folder.glob("*/*")] == [young]


class TestReadiness:
    async def test_says_that_keys_are_missing(self, stand: Stand) -> None:
        async with asyncio.timeout(10):
            while "first_keys" in (said := await _readiness(stand)):
                continue

        assert said == {"spare_keys": "20 spare keys are left"}


async def _readiness(stand: Stand) -> dict[str, str]:
    problems: dict[str, str] = (await stand.client.get("/readyz")).json()["problems"]
    return problems
