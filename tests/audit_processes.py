"""Processes of audit that a test may kill: real ones, on the log's database."""

import asyncio
import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from audit.main import build
from audit.settings import Settings
from chassis import failpoint
from chassis.service import create_app
from identities import Identities

# Children are forked from a process that has imported all that takes long, and done nothing. It
# finds installed packages only, before Python 3.13.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["audit.main", "chassis.service", "joserfc.jwk"])
KILLED = -signal.SIGKILL
_ENDS_WITHIN = 20


def live(settings: Settings) -> None:
    """Be a process of audit, until killed: all that main runs, but for the web server."""
    failpoint.arm(settings.failpoints, stack=True)
    asyncio.run(_live(settings))


async def _live(settings: Settings) -> None:
    app = create_app(build(settings), settings, verifier=Identities().verifier())
    async with app.router.lifespan_context(app):
        await asyncio.Event().wait()


@contextmanager
def alive(settings: Settings) -> Iterator[Any]:
    """Run a process as long as the block lasts; kill what is left of it."""
    process = _FORKS.Process(target=live, args=(settings,), daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join(_ENDS_WITHIN)
