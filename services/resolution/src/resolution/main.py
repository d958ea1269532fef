"""Put resolution together. The only place that reads settings and files."""

from chassis import service
from chassis.auth import ServiceTokens
from chassis.outgoing import http_client
from chassis.service import Service
from chassis.vault_client import VaultClient
from playbook.load import load_all
from resolution.api import ROUTERS
from resolution.api.letters import Opener
from resolution.api.problems import PROBLEMS
from resolution.clock import duties
from resolution.consumers import resolution_consumer
from resolution.settings import Settings

_VAULT_ANSWERS_IN = 3.0  # seconds


def build(settings: Settings) -> Service:
    """Say what resolution is made of."""
    playbooks = load_all(settings.playbooks)
    return Service(
        name="resolution",
        package="resolution",
        title="Resolution",
        summary="Works a case to its end: evidence, letters, the next best action, decisions.",
        routers=ROUTERS,
        problems=PROBLEMS,
        consumers=(resolution_consumer(playbooks),),
        duties=duties(),
        state={"playbooks": playbooks, "opener": _opener(settings)},
    )


def _opener(settings: Settings) -> Opener:
    http = http_client(timeout=_VAULT_ANSWERS_IN)
    tokens = ServiceTokens(http, url=settings.own_token_url, client_id=settings.client_id)
    return Opener(VaultClient(http, settings.urls.get("vault", ""), tokens), tokens)


def main() -> None:
    service.main(build, Settings)
