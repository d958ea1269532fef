"""Waits for rest, then reads every table, every topic and the log of a stack into a dump."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from contracts.catalogue import (
    CASES,
    CHECKPOINTS,
    GOVERNANCE,
    PARTNER_TEAMS,
    REPLIES,
    SELLER_MESSAGES,
    partner_topic,
)
from harness import erased, log_tables, tables
from harness.dump import Dump
from harness.facts import Place, Rest, Setting, Sighting
from harness.history import History
from harness.monitor import Monitor
from harness.rest import HOLDS_FOR, come_to_rest, lines, unrest
from harness.topics import dump_topics
from stack.stacks import ALL_SERVICES, Stack

AUDIT, TIMERS = "audit", "sla-monitor"
AUDITED: Final = (CASES, GOVERNANCE)
# What outboxes feed; partners write the replies.
TOPICS: Final = (*AUDITED, *map(partner_topic, PARTNER_TEAMS), SELLER_MESSAGES, CHECKPOINTS)
_IN_FLIGHT: Final = 5.0  # seconds that something just written may still be on its way

Facts = dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the facts are: databases by service, the broker, files that hold no secrets."""

    databases: Mapping[str, str]
    kafka: str | None
    prefix: str = ""
    files: Sequence[Path] = ()


def sources_of(stack: Stack) -> Sources:
    return Sources(
        databases={service: stack.dsn(service, role="owner") for service in ALL_SERVICES},
        kafka=stack.kafka,
        files=[stack.layout.logs, *(stack.data(service) for service in ALL_SERVICES)],
    )


async def quiesce(
    stack: Stack,
    *,
    within: float = 120.0,
    holds_for: float = HOLDS_FOR,
    parked_may_stay: bool = False,
) -> Rest:
    """Wait until nothing is on its way, for at most so many seconds; say what still is."""
    databases = sources_of(stack).databases
    async with lines() as kept:
        look = partial(unrest, databases, kept, parked_may_stay=parked_may_stay)
        return await come_to_rest(look, within=within, holds_for=holds_for)


async def collect(  # noqa: PLR0913 - the parts of a dump that no database knows
    stack: Stack,
    history: History,
    *,
    rest: Rest,
    monitor: Monitor | None = None,
    setting: Setting | None = None,
    injected: Sequence[Place] = (),
    canary: str = "",
) -> Dump:
    """Read all facts. The stack must be healed and, better, at rest."""
    # Seen later, a checkpoint may be of leaves that were not there when they were read.
    seen = tuple(monitor.seen) if monitor else ()
    dump = await collect_from(
        sources_of(stack), setting=setting or Setting(), canary=canary, in_flight=_IN_FLIGHT
    )
    return replace(
        dump,
        rest=rest,
        history=history.operations,
        foreign=[*dump.foreign, *injected],
        checkpoints=[*dump.checkpoints, *seen],
    )


async def collect_from(
    sources: Sources,
    *,
    setting: Setting,
    canary: str = "",
    in_flight: float | None = None,
) -> Dump:
    """
    Read the facts: what was heard first, what was said last.

    So whatever somebody has heard is among what was said. What was said after the beginning, or
    `in_flight` seconds before it, is marked `late`: nobody need have heard it.
    """
    databases = sources.databases
    settled = None
    if in_flight is not None:
        settled = await tables.database_time(next(iter(databases.values()))) - in_flight
    facts: Facts = {}
    for service, dsn in databases.items():
        async with tables.a_still_look(dsn) as connection:
            _add(facts, await tables.heard(service, connection))
            if service == AUDIT:
                _add(facts, await log_tables.log(connection))
            if service == TIMERS:
                facts["steps"] = await log_tables.armed(connection)
    if sources.kafka:
        records, seen = await dump_topics(
            sources.kafka, TOPICS, prefix=sources.prefix, canary=canary
        )
        _add(facts, {"records": records, "sightings": seen})
    for service, dsn in databases.items():
        async with tables.a_still_look(dsn) as connection:
            _add(facts, await tables.said(service, connection, settled=settled))
    if canary:
        facts.setdefault("sightings", []).extend(await _sightings(sources, canary))
    gone = [one.subject for one in facts.get("written", ()) if one.type == "seller.erased.v1"]
    facts.setdefault("sightings", []).extend(await erased.left_of(databases, gone))
    rest = Rest(seconds=0.0)  # collected from services in one process; a stack has come to it
    return Dump(setting=_completed(setting, sources, facts), rest=rest, **facts)


def _add(facts: Facts, more: Mapping[str, Iterable[Any]]) -> None:
    for name, found in more.items():
        facts.setdefault(name, []).extend(found)


def _completed(setting: Setting, sources: Sources, facts: Facts) -> Setting:
    """Say who reads what: all fold cases but audit; of other topics, whoever has a cursor."""
    folding = [service for service in sources.databases if service != AUDIT]
    governed = {one.service for one in facts.get("cursors", ()) if one.topic == GOVERNANCE}
    return replace(
        setting,
        readers={CASES: folding, GOVERNANCE: sorted(governed)} | dict(setting.readers),
        audited=AUDITED if AUDIT in sources.databases else (),
        topics=TOPICS if sources.kafka else setting.topics,
    )


async def _sightings(sources: Sources, canary: str) -> list[Sighting]:
    """Look for the canary in every table and file; topics were looked through already."""
    found: list[Sighting] = []
    for service, dsn in sources.databases.items():
        async with tables.a_still_look(dsn) as connection:
            names = await tables.find_in_tables(connection, canary)
        found += [Sighting(where=f"{service}.{name}", text="a row in the clear") for name in names]
    if sources.kafka:
        _, replies = await dump_topics(
            sources.kafka, [REPLIES], prefix=sources.prefix, canary=canary
        )
        found += replies
    found += await asyncio.to_thread(_in_files, sources.files, canary.encode())
    return found


def _in_files(roots: Sequence[Path], needle: bytes) -> list[Sighting]:
    files = [path for root in roots if root.exists() for path in root.rglob("*") if path.is_file()]
    return [
        Sighting(where=path.name, text="a file in the clear")
        for path in files
        if needle in path.read_bytes()
    ]
