"""How a service asks others by HTTP."""

import ssl
from functools import cache

import httpx


def http_client(*, timeout: float) -> httpx.AsyncClient:
    """Make a client that believes whom httpx believes; `timeout`: seconds for each step."""
    return httpx.AsyncClient(timeout=timeout, verify=_believed())


@cache
def _believed() -> ssl.SSLContext:
    # Reading the authorities takes 45 ms, in which the loop stands still: once in a process.
    return httpx.create_ssl_context()
