"""A process of its own: posts cases over kept connections and prints when each was answered."""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from stack.story.files import new_filing

_NEW_SELLER_EACH = 20
_SELLERS = 200


@dataclass(slots=True, kw_only=True)
class Load:
    """What to send where: `{port, clients, seconds, most}` as JSON in the first argument."""

    port: int
    clients: int
    seconds: float
    most: int
    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    cases: dict[str, float] = field(default_factory=dict)
    """Per case filed: when it was sent, on the clock that all processes share."""


def requests(load: Load, token: str) -> Iterator[bytes]:
    """Write requests until time or number is up: few sellers, now and then a new one."""
    end = time.monotonic() + load.seconds
    while load.sent < load.most and time.monotonic() < end:
        load.sent += 1
        yield _request(_filing(load.sent), token)


def _filing(nth: int) -> dict[str, Any]:
    known = f"seller-{random.randrange(_SELLERS)}"
    ref = f"new-{uuid4().hex}" if nth % _NEW_SELLER_EACH == 0 else known
    filing = new_filing()
    return filing | {"seller": filing["seller"] | {"ref": ref}}


def _request(filing: dict[str, Any], token: str) -> bytes:
    body = json.dumps(filing).encode()
    head = (
        "POST /v1/cases HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\nidempotency-key: {filing['external_ref']}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def client(load: Load, waiting: Iterator[bytes]) -> None:
    """Ask, wait for the answer, ask again, on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
    for request in waiting:
        began = time.monotonic()
        writer.write(request)
        status, body = await _answer(reader)
        load.milliseconds.append((time.monotonic() - began) * 1000)
        load.statuses[status] += 1
        load.cases[json.loads(body).get("id", "")] = began
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    first, *lines = head.split("\r\n")
    named = dict(line.split(": ", 1) for line in lines if line)
    return int(first.split(" ")[1]), await reader.readexactly(int(named["content-length"]))


async def run(load: Load, token: str) -> dict[str, Any]:
    waiting, began = requests(load, token), time.monotonic()
    async with asyncio.timeout(load.seconds + 30):
        await asyncio.gather(*(client(load, waiting) for _ in range(load.clients)))
    return {
        "seconds": time.monotonic() - began,
        "statuses": load.statuses,
        "milliseconds": load.milliseconds,
        "cases": load.cases,
        "cpu_seconds": time.process_time(),
    }


def main() -> None:
    load = Load(**json.loads(sys.argv[1]))
    print(json.dumps(asyncio.run(run(load, os.environ["BENCH_TOKEN"]))))


if __name__ == "__main__":
    main()
