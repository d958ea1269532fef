"""The HTTP server of a process: it leaves politely when asked, and at once when asked again."""

import os
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from chassis.settings import ServiceSettings

_REQUESTS_AT_ONCE: Final = 512
_DRAINS_WITHIN: Final = 10
_BY_SIGNAL: Final = 128


class _Server(uvicorn.Server):
    """uvicorn's own would end by the signal it was asked with, and not hear a second SIGTERM."""

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            # What is not committed rolls back; a SIGKILL would lose nothing either.
            os._exit(_BY_SIGNAL + sig)
        self.should_exit = True


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Serve until SIGTERM or SIGINT; then finish what was begun and return."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        limit_concurrency=_REQUESTS_AT_ONCE,
        timeout_graceful_shutdown=_DRAINS_WITHIN,
    )
    server = _Server(config)
    server.run()
    if not server.started:
        raise SystemExit(os.EX_UNAVAILABLE)
