"""Cases as resolution sees them, on the real playbook."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import (
    ADDRESS,
    MARA,
    NOON,
    REGISTRATION,
    a_case_opened,
    a_classification,
    a_message,
    a_receipt,
    a_route,
    an_id,
    an_item,
    fold_all,
    numbered,
)
from chassis.cloudevents import RawRecord, to_headers
from contracts import resolution, routing
from contracts.event import Contract, Event
from contracts.lifecycle import CaseState
from playbook.load import load_playbook
from playbook.model import Playbook

PLAYBOOKS = Path(__file__).parents[1] / "playbooks"
TODAY = NOON.date()
OLD_REGISTRATION, ADDRESS_PROOF, NEW_REGISTRATION = (
    an_id("evd", 2),
    an_id("evd", 4),
    an_id("evd", 3),
)


@cache
def the_playbook() -> Playbook:
    return load_playbook(PLAYBOOKS / "marketplace-core")


def asked(*kinds: str, request: int = 1) -> resolution.EvidenceRequested:
    items = tuple(an_item(place, kind) for place, kind in enumerate(kinds, start=1))
    return resolution.EvidenceRequested(request=an_id("req", request), items=items, due_at=NOON)


def assigned() -> routing.CaseAssigned:
    return routing.CaseAssigned(
        assignment=an_id("asg"), member=MARA, team="verification", queue="verification", lead=True
    )


def accepted(number: int, kind: str, **dates: date) -> resolution.EvidenceAccepted:
    return resolution.EvidenceAccepted(evidence=an_id("evd", number), kind=kind, **dates)


def rejected(number: int, kind: str) -> resolution.EvidenceRejected:
    return resolution.EvidenceRejected(
        evidence=an_id("evd", number), kind=kind, reason="unreadable"
    )


ROUTED: Sequence[Contract] = (a_case_opened(), a_classification(), a_route())
ASKED: Sequence[Contract] = (*ROUTED, asked(REGISTRATION, ADDRESS), a_message(1))
ANSWERED: Sequence[Contract] = (*ASKED, a_receipt(3, REGISTRATION), a_receipt(4, ADDRESS))
CLAIMED: Sequence[Contract] = (*ANSWERED, assigned())


def a_case(facts: Sequence[Any] = ROUTED, *more: Contract) -> CaseState:
    return fold_all(numbered([*facts, *more]))


def records(facts: Sequence[Contract], *, marketplace: str = "harbour") -> list[RawRecord]:
    """Say facts as Kafka has them, numbered by their producers."""
    return [
        record_of(one, offset=offset, marketplace=marketplace)
        for offset, one in enumerate(numbered(facts))
    ]


def record_of(one: Event[Any], *, offset: int = 100, marketplace: str = "harbour") -> RawRecord:
    envelope = one.envelope.model_copy(update={"marketplace": marketplace})
    return RawRecord(
        topic=one.fact.topic,
        partition=0,
        offset=offset,
        key=one.subject.encode(),
        headers=to_headers(envelope),
        value=one.fact.model_dump_json(by_alias=True, exclude_none=True).encode(),
        timestamp_ms=0,
    )


@dataclass(frozen=True, slots=True)
class Said:
    """An event as it lies in the outbox."""

    type: str
    topic: str
    subject: str
    key: str
    fact: dict[str, Any]
    headers: dict[str, str]


async def said(engine: AsyncEngine) -> list[Said]:
    """Return what the service announced, in order."""
    wanted = text("select topic, subject, key, headers, payload from outbox order by id")
    async with engine.connect() as connection:
        rows = (await connection.execute(wanted)).all()
    return [
        Said(
            row.headers["ce_type"].removesuffix(".v1"),
            row.topic,
            row.subject,
            bytes(row.key).decode(),
            json.loads(bytes(row.payload)),
            row.headers,
        )
        for row in rows
    ]


async def dump(engine: AsyncEngine) -> str:
    """Return all rows of all tables as text."""
    names = text("select tablename from pg_tables where schemaname = 'public'")
    async with engine.connect() as connection:
        tables = [row.tablename for row in await connection.execute(names)]
        found = []
        for table in tables:
            rows = await connection.execute(text(f'select row_to_json(t)::text from "{table}" t'))  # noqa: S608 - names come from the catalogue
            found += [row[0] for row in rows]
        payloads = await connection.execute(
            text("select convert_from(payload, 'UTF8') from outbox")
        )
        return "\n".join([*found, *(row[0] for row in payloads)])
