"""Intake as a process of its own, with real sockets: to be cut off, flooded and killed."""

import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from signal import SIGKILL, SIGTERM
from subprocess import Popen
from threading import Thread

import httpx
import orjson
from sqlalchemy.ext.asyncio import AsyncEngine
from typing_extensions import override

from chassis import door
from chassis.door import Journey
from chassis.signing import write_new_key
from identities import AUDIENCE, ISSUER, Identities
from intake.store import sellers
from intake_stand import PEN, PLAYBOOKS, FakeVault
from stack.children import child_options, start_child, stop_child, tail
from stack.waiting import until

STARTS_WITHIN = 60
_INHERITED = ("PATH", "PYTHONPATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What outlives the process: its database, its files, whom it believes."""

    engine: AsyncEngine
    folder: Path
    identities: Identities
    jwks_url: str

    @property
    def evidence(self) -> Path:
        return self.folder / "data" / "evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeProcess:
    place: Place
    child: Popen[bytes]
    port: int
    client: httpx.AsyncClient

    def headers(self, who: str, *, key: str) -> dict[str, str]:
        return self.place.identities.headers(who) | {"idempotency-key": key}

    async def died(self, *, within: float = 20) -> int:
        """Wait until it has ended; return how (-9: SIGKILL)."""

        async def ended() -> bool:
            return self.child.poll() is not None

        await until(ended, within=within)
        return self.child.returncode

    def resident(self) -> int:
        """Return how much memory it has, in bytes."""
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        line = next(one for one in status.splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) * 1024


@asynccontextmanager
async def place_for(engine: AsyncEngine, folder: Path) -> AsyncIterator[Place]:
    """Prepare keys and files, spare keys of sellers, and an issuer that publishes its keys."""
    identities = Identities()
    (folder / "tag.key").write_bytes(bytes(range(32)))
    (folder / "tag.key").chmod(0o600)
    write_new_key(folder / "signing.pem")
    async with door.open_door(engine, pen=PEN, journey=Journey(actor="test:1")) as tx:
        await sellers.add_spare_keys(tx, FakeVault().make(20))
    with _issuer(identities) as jwks_url:
        yield Place(engine=engine, folder=folder, identities=identities, jwks_url=jwks_url)


@asynccontextmanager
async def intake_at(place: Place, *, failpoints: str = "") -> AsyncIterator[IntakeProcess]:
    """Run intake's HTTP as a process until the block ends; ready when it begins."""
    port, log = _free_port(), place.folder / "intake.log"
    command = [sys.executable, "-P", "-m", "intake", "--role", "api", "serve"]
    environment = _environment(place, port, failpoints)
    child = start_child(command, env=environment, options=child_options(log=log, parting=SIGKILL))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        try:
            await _wait_until_ready(client, child, log)
            yield IntakeProcess(place=place, child=child, port=port, client=client)
        finally:
            stop_child(child, politely=SIGTERM)


def _environment(place: Place, port: int, failpoints: str) -> dict[str, str]:
    url = place.engine.url.render_as_string(hide_password=False)
    given = {
        "SERVICE": "intake",
        "PORT": str(port),
        "DATABASE_URL": url,
        "ISSUER": ISSUER,
        "AUDIENCE": AUDIENCE,
        "JWKS_URL": place.jwks_url,
        "SIGNING_KEY_FILE": str(place.folder / "signing.pem"),
        "TAG_KEY_FILE": str(place.folder / "tag.key"),
        "PLAYBOOKS": str(PLAYBOOKS),
        "DATA": str(place.folder / "data"),
        "STACK": "true",
        "FAILPOINTS": failpoints,
    }
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {f"SELLERWORKS_{name}": value for name, value in given.items()}


async def _wait_until_ready(client: httpx.AsyncClient, child: Popen[bytes], log: Path) -> None:
    async def ready() -> bool:
        assert child.poll() is None, tail(log)
        try:
            return (await client.get("/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    await until(ready, within=STARTS_WITHIN)


@contextmanager
def _issuer(identities: Identities) -> Iterator[str]:
    """Serve the issuer's public keys; yield where."""
    keys = orjson.dumps({"keys": [identities.key.as_dict(private=False)]})

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(keys)))
            self.end_headers()
            self.wfile.write(keys)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
