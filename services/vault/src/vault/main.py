"""Put the vault together. The only place that reads settings and the master key."""

from functools import cache, partial
from pathlib import Path

from chassis import service
from chassis.broker import Kafka
from chassis.http import Check
from chassis.service import Service
from chassis.signing import Signer, load_public_keys
from vault.api import ROUTERS
from vault.api.problems import PROBLEMS
from vault.clients import Holds
from vault.clock import PublicKeys, Recall, recalling
from vault.consumers import vault_consumer
from vault.domain.keys import MasterKeyUnusable, check_master_key
from vault.settings import Settings


def build(settings: Settings) -> Service:
    """Say what the vault is made of."""
    recall = Recall(_kafka(settings), keys=cache(partial(_own_keys, settings)))
    holds = Holds(
        urls=settings.urls, token_url=settings.own_token_url, client_id=settings.client_id
    )
    serves = "api" in settings.role.split(",")
    return Service(
        name="vault",
        package="vault",
        title="Vault",
        summary="Sellers' keys: who may open what is sealed, who did, and why.",
        routers=ROUTERS,
        problems=PROBLEMS,
        consumers=(vault_consumer(),),
        duties=(recalling(recall),),
        state={
            "master_key": _MasterKey(settings.master_key_file),
            "check_recall": recall.check,
            "holds": holds,
        },
        checks={"erasures": Check(ask=recall.ask, required=True)} if serves else {},
    )


def _kafka(settings: Settings) -> Kafka | None:
    if settings.kafka is None:
        return None
    return Kafka(servers=settings.kafka, prefix=settings.topic_prefix, client_id=settings.service)


def _own_keys(settings: Settings) -> PublicKeys:
    """Return the keys by which the vault's own words are known, those of before included."""
    signer = Signer.load(settings.signing_key_file, "vault")
    file = settings.public_keys_file
    return (load_public_keys(file) if file else {}) | {signer.key_id: signer.public_key}


class _MasterKey:
    """Read when first needed: writing the API's description must not need the key."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key: bytes | None = None

    def __call__(self) -> bytes:
        if self._key is None:
            self._key = _read(self._path)
        return self._key


def _read(path: Path) -> bytes:
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise MasterKeyUnusable(f"{path.name}: {type(error).__name__}") from error
    if mode & 0o077:
        raise MasterKeyUnusable(f"{path.name}: others may read it; chmod 600 it")
    return check_master_key(key)


def main() -> None:
    service.main(build, Settings)
