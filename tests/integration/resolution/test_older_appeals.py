"""Appeals that were filed before they had a table are listed and decided as any other."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from appealed import APPEAL, appeal, decide_all
from builders_claims import METRIC
from chassis import migrate
from conftest import EngineFor
from house_resolution import House, open_house
from identities import MEMBERS

_BACK = ("drop table appeals", "update alembic_version set version_num = '0004'")


async def upgraded(house: House) -> None:
    """Take the table away, as it was before, and let the migration make it anew."""
    async with house.engine.begin() as connection:
        for statement in _BACK:
            await connection.execute(text(statement))
    url = house.engine.url.render_as_string(hide_password=False)
    await migrate.upgrade("resolution", url)


async def rows(engine: AsyncEngine) -> list[tuple[object, ...]]:
    wanted = text("select marketplace, authority_level, not_for, outcome from appeals")
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(wanted)]


@pytest.fixture
async def older(engine_for: EngineFor) -> AsyncEngine:
    return await engine_for("resolution")


class TestUpgrade:
    async def test_finds_an_appeal_that_waits(self, older: AsyncEngine, tmp_path: Path) -> None:
        async with open_house(older, tmp_path) as house:
            await decide_all(house)
            await appeal(house, "seller_metric")
            kept = await rows(older)

            await upgraded(house)

            assert await rows(older) == kept != []
            [shown] = (await house.get("/v1/appeals", by="jonas")).json()["items"]
            assert (shown["id"], shown["body"], shown["not_for"]) == (
                APPEAL,
                None,
                [MEMBERS["mara"]],
            )
            body = {"outcome": "upheld", "reasons": METRIC["reasons"]}
            body |= {"template": METRIC["template"]}
            answer = await house.post(f"/v1/appeals/{APPEAL}/decision", body, by="jonas")
            assert answer.status_code == 201, answer.text

    async def test_finds_an_appeal_that_was_answered(
        self, older: AsyncEngine, tmp_path: Path
    ) -> None:
        async with open_house(older, tmp_path) as house:
            await decide_all(house)
            await appeal(house, "seller_metric")
            await house.on_case("decisions", METRIC, by="jonas")

            await upgraded(house)

            assert (await house.get("/v1/appeals", by="sofia")).json()["items"] == []
            [shown] = (await house.get("/v1/appeals?state=decided", by="sofia")).json()["items"]
            assert (shown["id"], shown["outcome"]) == (APPEAL, "upheld")
            assert shown["decided_at"] is not None
