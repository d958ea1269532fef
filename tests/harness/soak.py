"""The soak: load on a whole stack while the nemesis breaks it; then everything must agree."""

import asyncio
import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from harness import soak_report
from harness.checker import check
from harness.collect import collect, quiesce
from harness.driver import Load, Pace
from harness.dump import Dump
from harness.facts import Setting
from harness.history import History
from harness.monitor import watching
from harness.nemesis import Nemesis, Temper
from harness.proxy import Detours
from stack.stacks import ALL_SERVICES, Stack, Wish, wished_stack

_ENDS_WITHIN = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long, how much, how many of each service, and what is broken; `folder` gets the facts."""

    folder: Path
    seconds: float
    seed: int
    rate: float = 2.0
    at_once: int = 16
    replicas: int = 2
    temper: Temper = field(default_factory=Temper)
    rests_within: float = 300.0

    @property
    def wish(self) -> Wish:
        spare = 1 if self.replicas > 1 else 0
        return Wish(durable=True, detoured=True, replicas=self.replicas, spare=spare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What was run in a soak: the facts, what was broken, and how long the parts took."""

    plan: Plan
    dump: Dump
    nemesis: Nemesis
    loaded_for: float


async def soak(plan: Plan) -> soak_report.Verdict:
    """Run it; the folder holds history, faults, dump, logs and the report afterwards."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    detours = Detours()
    with wished_stack(plan.wish, detours=detours.at) as stack:
        try:
            course = await _suffer(plan, stack, detours)
        finally:
            shutil.copytree(stack.layout.logs, plan.folder / "logs", dirs_exist_ok=True)
    course.dump.save(plan.folder / "dump")
    verdict = soak_report.Verdict(
        seed=plan.seed,
        loaded_for=course.loaded_for,
        replicas=plan.replicas,
        rate=plan.rate,
        faults=tuple(course.nemesis.faults),
        dump=course.dump,
        anomalies=tuple(check(course.dump)),
    )
    (plan.folder / "report.md").write_text(soak_report.written(verdict))
    return verdict


async def _suffer(plan: Plan, stack: Stack, detours: Detours) -> Course:
    history = History(plan.folder / "history.jsonl")
    nemesis = Nemesis(
        stack=stack,
        chance=random.Random(plan.seed),
        detours=detours,
        temper=plan.temper,
        log=plan.folder / "faults.jsonl",
    )
    began = time.monotonic()
    async with watching(
        _urls(stack, plan.replicas)["audit"],
        token=lambda: stack.token("ines"),
        kafka=stack.kafka,
    ) as monitor:
        load = _load(plan, stack, history)
        await _load_and_break(plan, load, nemesis)
        loaded_for = time.monotonic() - began
        rest = await quiesce(stack, within=plan.rests_within)
        setting = Setting(seed=plan.seed, faults=nemesis.counted())
        dump = await collect(
            stack, history, rest=rest, monitor=monitor, setting=setting, canary=load.canary
        )
    history.close()
    return Course(plan=plan, dump=dump, nemesis=nemesis, loaded_for=loaded_for)


def _load(plan: Plan, stack: Stack, history: History) -> Load:
    return Load(
        urls=_urls(stack, plan.replicas),
        token=stack.token,
        history=history,
        pace=Pace(per_second=plan.rate, at_once=plan.at_once),
        seed=plan.seed,
    )


async def _load_and_break(plan: Plan, load: Load, nemesis: Nemesis) -> None:
    """Load until the time is over; what is broken by then is healed while the last cases end."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(plan.seconds, over.set)
    async with asyncio.TaskGroup() as tasks:
        loading = tasks.create_task(load.run(stop=over))
        await nemesis.run(over)
        async with asyncio.timeout(_ENDS_WITHIN):
            await loading


def _urls(stack: Stack, replicas: int) -> dict[str, list[str]]:
    return {
        service: [stack.url(service, replica=number) for number in range(1, replicas + 1)]
        for service in ALL_SERVICES
    }
