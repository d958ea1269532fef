"""Cables cut, one-way, slow or silent between each service and what it lives on."""

import asyncio
import random
import re

import pytest

from extent import short_or_full
from harness.counter import cases, statuses
from harness.proxy import KAFKA, POSTGRES, Weather
from harness.rig import Rig, eventually, lasting
from stack.stacks import ALL_SERVICES

pytestmark = pytest.mark.timeout(short_or_full(600, 7200))

CREATED = 201
CELLS = [(service, kind) for service in ALL_SERVICES for kind in (KAFKA, POSTGRES)]
BAD = [weather for weather in Weather if weather is not Weather.OPEN]
REBUILDS = re.compile(r"^chassis_consumer_rebuilds_total\{[^}]*\} ([0-9.]+)$", re.MULTILINE)


class TestASilentBroker:
    @pytest.mark.fault(35)
    async def test_is_told_waited_for_and_found_again(self, rig: Rig) -> None:
        before, rebuilt_before = await rig.pids(), await rebuilt(rig, "router")

        await asyncio.to_thread(rig.detours.turn, Weather.BLACK_HOLE, service="router", kind=KAFKA)
        told = await eventually(lambda: is_degraded(rig, "router"), within=30)
        answers = await rig.counter().file_some(5)
        await lasting(short_or_full(15, 1800))
        alive = (await rig.http.get(f"{rig.stack.url('router')}/healthz")).status_code
        ready, _ = await rig.readiness("router")
        rebuilds = await rebuilt(rig, "router") - rebuilt_before
        await asyncio.to_thread(rig.detours.heal)
        routed = await eventually(lambda: rig.has_routed(set(cases(answers))), within=60)

        assert told
        assert (alive, ready) == (200, 200)
        assert rebuilds == 0
        assert statuses(answers) == {CREATED}
        assert routed
        assert await rig.pids() == before
        assert await rig.judge() == []


class TestADatabaseThatOneServiceCannotReach:
    @pytest.mark.fault(47)
    async def test_stops_its_reading_and_parks_nothing(self, rig: Rig) -> None:
        await asyncio.to_thread(rig.detours.turn, Weather.CUT, service="handoff", kind=POSTGRES)
        come = await rig.ask("router", "select coalesce(max(id), 0) from outbox")
        answers = await rig.counter().file_some(short_or_full(100, 1000), at_once=8)
        routed = await eventually(lambda: rig.has_routed(set(cases(answers))), within=60)

        dead = await rig.ask("handoff", "select count(*) from parked_event")
        await asyncio.to_thread(rig.detours.heal)

        assert come is not None
        assert statuses(answers) == {CREATED}
        assert routed
        assert dead == 0
        assert await rig.judge() == []


class TestABadLine:
    @pytest.mark.fault(110)
    async def test_harms_nobody_for_good(self, rig: Rig) -> None:
        chance, over = random.Random(), asyncio.Event()
        working = asyncio.create_task(rig.load(per_second=2).run(stop=over))

        for service, kind in chance.sample(CELLS, k=short_or_full(3, len(CELLS))):
            await asyncio.to_thread(
                rig.detours.turn, chance.choice(BAD), service=service, kind=kind
            )
            await lasting(short_or_full(5, 30))
            await asyncio.to_thread(rig.detours.heal)
        over.set()
        await working

        assert await rig.judge() == []


async def is_degraded(rig: Rig, service: str) -> bool:
    _, told = await rig.readiness(service)
    return bool(told["status"] == "degraded")


async def rebuilt(rig: Rig, service: str) -> float:
    """Sum up how often a service has rebuilt a client that went silent, as its metrics tell."""
    page = (await rig.http.get(f"{rig.stack.url(service)}/metrics")).text
    return sum(float(found) for found in REBUILDS.findall(page))
