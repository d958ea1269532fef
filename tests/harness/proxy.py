"""A TCP proxy for each edge from a service to Kafka or PostgreSQL, which can be disturbed."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event, Thread
from typing import Final, cast

import uvloop
from typing_extensions import override

from stack.layout import Ports
from stack.services import SERVICES
from stack.stacks import ALL_SERVICES

KAFKA: Final = "kafka"
POSTGRES: Final = "postgres"

_CONTROLLED_WITHIN: Final = 10.0
_SLOW: Final = 0.2  # seconds that a slow edge keeps everything, each way


class Weather(StrEnum):
    """How an edge is. What a black hole keeps arrives when it is gone, as after a partition."""

    OPEN = "open"
    CUT = "cut"  # connections end, new ones too
    BLACK_HOLE = "black-hole"  # nothing passes, nobody is told
    DEAF = "deaf"  # the service hears nothing, what it says arrives
    MUTE = "mute"  # what the service says does not arrive, it hears everything
    SLOW = "slow"


_HEARD: Final = frozenset({Weather.OPEN, Weather.SLOW, Weather.MUTE})
_SAID: Final = frozenset({Weather.OPEN, Weather.SLOW, Weather.DEAF})


@dataclass(slots=True, kw_only=True, eq=False)
class Edge:
    """One edge and all connections on it. Lives in the loop of its detours."""

    service: str
    kind: str
    listens: int
    target: int
    weather: Weather = Weather.OPEN
    pairs: set["_Pair"] = field(default_factory=set)

    def turn(self, weather: Weather) -> None:
        self.weather = weather
        for pair in list(self.pairs):
            pair.feel(weather)


@dataclass(slots=True, kw_only=True, eq=False)
class _Pair:
    """A connection of a service, and ours in its stead."""

    edge: Edge
    near: "_End"
    far: "_End"

    def feel(self, weather: Weather) -> None:
        if weather is Weather.CUT:
            self.abort()
            return
        self.near.let(reading=weather in _SAID)
        self.far.let(reading=weather in _HEARD)

    def abort(self) -> None:
        self.edge.pairs.discard(self)
        for end in (self.near, self.far):
            if end.transport:
                end.transport.abort()


class _End(asyncio.Protocol):
    """One of the two sockets of a pair: passes what comes on to the other."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.other: _End | None = None
        self.pair: _Pair | None = None
        self.transport: asyncio.Transport | None = None
        self.kept: deque[bytes] = deque()
        """What came before the other end was there, or while the edge is slow."""
        self.reading = True

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def let(self, *, reading: bool) -> None:
        """Read on, or leave everything where it is: the kernel keeps it."""
        if self.transport is None or self.transport.is_closing() or reading == self.reading:
            return
        self.reading = reading
        if reading:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    @override
    def data_received(self, data: bytes) -> None:
        ready = self.other is not None and self.other.transport is not None
        if ready and not self.kept and self.edge.weather is not Weather.SLOW:
            self._pass(data)
            return
        self.kept.append(data)
        if ready:
            asyncio.get_running_loop().call_later(_SLOW, self.release_one)

    def release_one(self) -> None:
        if self.kept:
            self._pass(self.kept.popleft())

    def release_all(self) -> None:
        while self.kept:
            self.release_one()

    def _pass(self, data: bytes) -> None:
        if self.other and self.other.transport and not self.other.transport.is_closing():
            self.other.transport.write(data)

    @override
    def pause_writing(self) -> None:
        if self.other:
            self.other.let(reading=False)

    @override
    def resume_writing(self) -> None:
        if self.pair:
            self.pair.feel(self.edge.weather)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.release_all()
        if self.pair:
            self.edge.pairs.discard(self.pair)
        if self.other and self.other.transport:
            self.other.transport.close()


class _Near(_End):
    """The end that a service has connected to."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.edge.weather is Weather.CUT:
            cast("asyncio.Transport", transport).abort()
            return
        self.joining = asyncio.get_running_loop().create_task(self._join())

    async def _join(self) -> None:
        far = _End(self.edge)
        self.other, far.other = far, self
        self.pair = far.pair = _Pair(edge=self.edge, near=self, far=far)
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: far, "127.0.0.1", self.edge.target)
        except OSError:
            self.pair.abort()
            return
        self.edge.pairs.add(self.pair)
        self.release_all()
        self.pair.feel(self.edge.weather)


@dataclass(slots=True)
class Detours:
    """All edges of a stack. Its methods may be called from any thread."""

    services: Iterable[str] = ALL_SERVICES
    edges: list[Edge] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def at(self, ports: Ports) -> Iterator[None]:
        """Stand at the ports of a detoured stack as long as the block lasts."""
        self.edges = list(_edges(ports, self.services))
        ready, leave = Event(), asyncio.Event()
        thread = Thread(target=self._run, args=(ready, leave), name="proxy", daemon=True)
        thread.start()
        if not ready.wait(_CONTROLLED_WITHIN):
            raise RuntimeError("the proxies do not listen: is a port of the block taken?")
        try:
            yield
        finally:
            self._do(leave.set)
            thread.join()

    def turn(
        self, weather: Weather, *, service: str | None = None, kind: str | None = None
    ) -> None:
        """Give one edge, or all of a service, or of a kind, another weather; returns when it is."""
        chosen = [
            edge
            for edge in self.edges
            if service in {None, edge.service} and kind in {None, edge.kind}
        ]
        done = Event()

        def change() -> None:
            for edge in chosen:
                edge.turn(weather)
            done.set()

        self._do(change)
        if not done.wait(_CONTROLLED_WITHIN):
            raise RuntimeError("the proxies do not obey")

    def heal(self) -> None:
        self.turn(Weather.OPEN)

    def _do(self, what: Callable[[], object]) -> None:
        if self._loop is None:
            raise RuntimeError("the proxies do not run")
        self._loop.call_soon_threadsafe(what)

    def _run(self, ready: Event, leave: asyncio.Event) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            self._loop = runner.get_loop()
            runner.run(self._serve(ready, leave))

    async def _serve(self, ready: Event, leave: asyncio.Event) -> None:
        servers = [await _listen(edge) for edge in self.edges]
        ready.set()
        await leave.wait()
        for server, edge in zip(servers, self.edges, strict=True):
            server.close()
            edge.turn(Weather.CUT)


async def _listen(edge: Edge) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Near(edge), "127.0.0.1", edge.listens)


def _edges(ports: Ports, services: Iterable[str]) -> Iterator[Edge]:
    for one in SERVICES:
        if one.name not in services:
            continue
        offset = one.port_offset
        yield Edge(
            service=one.name,
            kind=KAFKA,
            listens=ports.kafka_detour(offset),
            target=ports.kafka_listener(offset),
        )
        yield Edge(
            service=one.name,
            kind=POSTGRES,
            listens=ports.postgres_detour(offset),
            target=ports.postgres,
        )
