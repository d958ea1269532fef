"""A real PostgreSQL on 127.0.0.1, from the programs of a wheel."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stack.broken import StackProblem
from stack.children import (
    as_unprivileged,
    child_options,
    give_to_unprivileged,
    start_child,
    stop_child,
    tail,
)
from stack.downloads import postgres_programs
from stack.layout import home

SUPERUSER = "postgres"

# Values of a statement never reach the log (security.md §3).
_QUIET = (
    "log_error_verbosity=terse",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
    "log_min_error_statement=panic",
)
_SIZES = ("max_connections=200", "shared_buffers=128MB", "max_wal_size=512MB")
_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=128MB")
# Stretching protects passwords that people think of. Ours are 192 random bits, and each new
# connection pays for it: 4,096 rounds are two thirds of what it costs a client.
_UNSTRETCHED = "scram_iterations=1"
_INITDB = (
    *("-U", SUPERUSER, "-A", "scram-sha-256", "-E", "UTF8", "--no-locale"),
    *("--set", _UNSTRETCHED),
)
_READY_LINE = 7
_READY_WITHIN = 60.0

# A fast shutdown; and one that does not wait for anybody, for when the parent is gone.
POLITELY, PARTING = signal.SIGINT, signal.SIGQUIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A prepared server: what to run, and how to reach it once it runs."""

    programs: Path
    folder: Path
    port: int
    durable: bool
    password: str = field(repr=False)

    @property
    def command(self) -> list[str]:
        settings = (*_QUIET, *_SIZES, *(() if self.durable else _FORGETFUL))
        place = ["-D", str(self.folder / "db"), "-h", "127.0.0.1", "-p", str(self.port)]
        options = [part for setting in settings for part in ("-c", setting)]
        return [str(self.programs / "postgres"), *place, "-k", "", *options]

    def url(self, database: str = "postgres") -> str:
        """Address a database as the superuser; asyncpg and psql take it as it is."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"


@contextmanager
def running_postgres(
    folder: Path, port: int, *, durable: bool, cache: Path | None = None
) -> Iterator[Postgres]:
    """
    Run a server as long as the block lasts; its data stays in `folder`.

    As root it runs as `nobody`, who must be able to traverse to `folder`
    (`layout.scratch` makes such a folder).

    Raises:
        StackProblem: It did not start; the message ends with what it logged.
    """
    server = prepare_postgres(folder, port, durable=durable, cache=cache)
    log = folder / "postgres.log"
    options = child_options(log=log, parting=PARTING, unprivileged=True)
    child = start_child(server.command, env=environment(), options=options)
    try:
        _wait_until_ready(server, child, log)
        yield server
    finally:
        stop_child(child, politely=POLITELY)


def prepare_postgres(
    folder: Path, port: int, *, durable: bool, cache: Path | None = None
) -> Postgres:
    """Make an empty cluster in `folder` unless there is one; nothing runs afterwards."""
    server = Postgres(
        programs=postgres_programs(cache or home() / "cache"),
        folder=folder,
        port=port,
        durable=durable,
        password=_superuser_password(folder),
    )
    if not (folder / "db" / "PG_VERSION").exists():
        _make_cluster(server)
    return server


def is_ready(server: Postgres, pid: int) -> bool:
    """Tell whether the server with this process id takes connections, as `pg_ctl -w` does."""
    try:
        lines = (server.folder / "db" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    # The file of a server that was killed is still there: its first line is another id.
    if len(lines) <= _READY_LINE or lines[0] != str(pid):
        return False
    return lines[_READY_LINE].strip() == "ready"


def environment() -> dict[str, str]:
    """Give the server nothing of ours but where programs are."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


def _superuser_password(folder: Path) -> str:
    kept = folder / "superuser"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(24))
    return kept.read_text()


def _make_cluster(server: Postgres) -> None:
    database = server.folder / "db"
    database.mkdir(exist_ok=True)
    give_to_unprivileged(database)
    durably = () if server.durable else ("--no-sync",)
    with _lent(server.folder / "superuser") as password:
        try:
            subprocess.run(  # noqa: S603 - a program of the wheel, arguments of our own
                [
                    *(str(server.programs / "initdb"), "-D", str(database), *_INITDB),
                    *(f"--pwfile={password}", *durably),
                ],
                check=True,
                capture_output=True,
                text=True,
                env=environment(),
                timeout=_READY_WITHIN,
                **as_unprivileged(),
            )
        except subprocess.CalledProcessError as error:
            raise StackProblem(f"PostgreSQL could not make a cluster: {error.stderr}") from error


@contextmanager
def _lent(secret: Path) -> Iterator[Path]:
    """Copy a secret to where only the unprivileged user can read it, until the block ends."""
    folder = secret.with_name("lent")
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / secret.name
    copy.write_text(secret.read_text())
    give_to_unprivileged(folder)
    give_to_unprivileged(copy)
    try:
        yield copy
    finally:
        copy.unlink()
        folder.rmdir()


def _wait_until_ready(server: Postgres, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while not is_ready(server, child.pid):
        if child.poll() is not None or time.monotonic() > deadline:
            raise StackProblem(f"PostgreSQL did not start on port {server.port}: {tail(log)}")
        time.sleep(0.02)
