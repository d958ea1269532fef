"""A receiver of traces: takes whatever the services export, and keeps the bytes."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override


class TraceReceiver(ThreadingHTTPServer):
    """Takes whatever the services export as traces, and keeps the bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.received: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Taker(BaseHTTPRequestHandler):
    server: TraceReceiver

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.server.received.append(self.rfile.read(length))
        self.send_response(200)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on the terminal."""
