"""Put the vault together. The only place that reads settings and the master key."""

from pathlib import Path

from chassis import service
from chassis.service import Service
from vault.api import ROUTERS
from vault.api.problems import PROBLEMS
from vault.consumers import vault_consumer
from vault.domain.keys import MasterKeyUnusable, check_master_key
from vault.settings import Settings


def build(settings: Settings) -> Service:
    """Say what the vault is made of."""
    return Service(
        name="vault",
        package="vault",
        title="Vault",
        summary="Sellers' keys: who may open what is sealed, who did, and why.",
        routers=ROUTERS,
        problems=PROBLEMS,
        consumers=(vault_consumer(),),
        duties=(),
        state={"master_key": _MasterKey(settings.master_key_file)},
    )


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
