"""Filing with a text model at the door: a label and a number leave it, never a word."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.auth import ServiceTokens
from chassis.vault_client import VaultClient
from intake.main import TextModelForeign, put_together
from intake_stand import Stand, a_case, running, settings_for
from past_texts import small_model
from playbook.text_model_file import TextModelInvalid, write_model

OPENED = "case.opened.v1"
EngineFor = Callable[[str], Awaitable[AsyncEngine]]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_model(tmp_path / "model.json", small_model())
    return tmp_path / "model.json"


class TestFilingWithAModel:
    @pytest.mark.covers("IN-3")
    async def test_says_what_the_model_said(
        self, engine_for: EngineFor, tmp_path: Path, model: Path
    ) -> None:
        async with running(await engine_for("intake"), tmp_path, text_model=model) as stand:
            await stand.filed(subject="Payout", description="Where is my canary?")

            [opened] = await stand.events(OPENED)

        digest = small_model().digest
        said = {"model": digest, "label": "payout_hold", "confidence": 1.0}
        assert opened["text_signals"]["label"] == said
        assert "canary" not in json.dumps(opened)

    async def test_says_nothing_of_a_text_that_the_model_does_not_know(
        self, engine_for: EngineFor, tmp_path: Path, model: Path
    ) -> None:
        async with running(await engine_for("intake"), tmp_path, text_model=model) as stand:
            await stand.filed(subject="Hello", description="Guten Tag")

            [opened] = await stand.events(OPENED)

        assert "label" not in opened["text_signals"]

    async def test_says_nothing_that_the_playbook_does_not_know(
        self, engine_for: EngineFor, tmp_path: Path
    ) -> None:
        file = tmp_path / "model.json"
        write_model(file, small_model(labels=["chargeback", "gone_type"]))
        async with running(await engine_for("intake"), tmp_path, text_model=file) as stand:
            await stand.filed(subject="Payout", description=None)

            [opened] = await stand.events(OPENED)

        assert "label" not in opened["text_signals"]

    async def test_is_off_unless_wished_for(self, stand: Stand) -> None:
        await stand.post(a_case())

        [opened] = await stand.events(OPENED)
        assert "label" not in opened["text_signals"]


def vault() -> VaultClient:
    http = httpx.AsyncClient()
    tokens = ServiceTokens(http, url="http://issuer.test/token", client_id="service-intake")
    return VaultClient(http, "http://vault.test", tokens)


class TestPutTogether:
    async def test_does_not_start_with_what_is_no_model(self, tmp_path: Path) -> None:
        (tmp_path / "model.json").write_text("{}", "utf-8")
        settings = settings_for(tmp_path, "postgresql://", text_model=tmp_path / "model.json")

        with pytest.raises(TextModelInvalid, match="/labels"):
            put_together(settings, vault())

    async def test_does_not_start_with_a_model_of_other_issue_types(self, tmp_path: Path) -> None:
        write_model(tmp_path / "model.json", small_model(labels=["parking", "gardening"]))
        settings = settings_for(tmp_path, "postgresql://", text_model=tmp_path / "model.json")

        with pytest.raises(TextModelForeign):
            put_together(settings, vault())
