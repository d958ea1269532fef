"""Put intake together. The only reader of its settings."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import service
from chassis.auth import Principal, ServiceTokens
from chassis.background import roles_of
from chassis.http import Check
from chassis.outgoing import http_client
from chassis.service import Service
from chassis.settings import read_tag_key
from chassis.vault import tag
from chassis.vault_client import VaultClient
from intake.api import (
    appeals,
    authorities,
    batches,
    cases,
    defaults,
    evidence,
    forms,
    incidents,
    merging,
    messages,
    rechecks,
    sellers,
    status,
    trees,
)
from intake.api.problems import PROBLEMS
from intake.api.state import Kit
from intake.clock import Pool, duties
from intake.consumers import CONSUMER
from intake.settings import Settings
from intake.store import sellers as sellers_on_file
from intake.store.files import Files
from playbook.load import load_all
from playbook.model import Playbook
from playbook.text_model import TextModel
from playbook.text_model_file import load_text_model

VAULT_ANSWERS_IN: Final = timedelta(seconds=5)
ROUTERS: Final = (
    forms.router,
    trees.router,
    defaults.router,
    cases.router,
    batches.router,
    status.router,
    messages.router,
    rechecks.router,
    appeals.router,
    incidents.router,
    merging.router,
    evidence.router,
    sellers.router,
    authorities.router,
)


class NoPlaybooks(Exception):
    """`SELLERWORKS_PLAYBOOKS` names no folder: intake cannot read what it is told."""


class TextModelForeign(Exception):
    """`SELLERWORKS_TEXT_MODEL` names a model that knows no issue type of any playbook here."""


def main() -> None:
    service.main(build, Settings)


def build(settings: Settings) -> Service:
    http = http_client(timeout=VAULT_ANSWERS_IN.total_seconds())
    tokens = ServiceTokens(http, url=settings.own_token_url, client_id=settings.client_id)
    return put_together(settings, VaultClient(http, settings.urls.get("vault", ""), tokens))


def put_together(settings: Settings, vault: VaultClient) -> Service:
    """
    Put intake together around a way to the vault.

    Raises:
        NoPlaybooks: The settings name no folder of playbooks.
        TextModelInvalid: The settings name a text model that is none; with every reason.
        TextModelForeign: The text model was trained for other playbooks.
    """
    if settings.playbooks is None:
        raise NoPlaybooks
    playbooks = load_all(settings.playbooks)
    files, pool = Files(settings.data / "evidence"), Pool()
    return Service(
        name="intake",
        package="intake",
        title="SellerWorks Intake",
        summary="What sellers say, as filed; and what they may know of it.",
        routers=ROUTERS,
        problems=PROBLEMS,
        consumers=(CONSUMER,),
        duties=duties(vault=vault, files=files, pool=pool),
        state={
            "kit": Kit(
                playbooks=playbooks,
                files=files,
                vault=vault,
                text_model=_text_model(settings.text_model, playbooks),
            ),
            "sellers_of": partial(_sellers_of, settings.tag_key_file),
        },
        checks=_checks(pool) if "api" in roles_of(settings) else {},
    )


def _text_model(file: Path | None, playbooks: Mapping[str, Playbook]) -> TextModel | None:
    """Read the model if one is wished for, whole, before the first filing."""
    if file is None:
        return None
    model = load_text_model(file)
    if not any(book.issue_type(label) for book in playbooks.values() for label in model.labels):
        raise TextModelForeign
    return model


def _checks(pool: Pool) -> dict[str, Check]:
    """Say what filing needs: a process that only consumes neither files nor looks at the pool."""
    return {
        "first_keys": Check(ask=pool.has_begun, required=True),
        "spare_keys": Check(ask=pool.is_full_enough, required=False),
    }


async def _sellers_of(
    tag_key_file: Path, principal: Principal, engine: AsyncEngine
) -> frozenset[str]:
    """Turn a seller's token into its pseudonyms, one a marketplace."""
    tag_key = _tag_key(tag_key_file)
    tags = {name: tag(tag_key, name, principal.seller_ref) for name in principal.marketplaces}
    return await sellers_on_file.find_all(engine, tags)


@cache
def _tag_key(file: Path) -> bytes:
    """Read the key once, and not before it is needed: writing the OpenAPI page needs none."""
    return read_tag_key(file)
