"""Dumps made by hand: a clean one, and what to change in it."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from harness.anomalies import Name
from harness.checker import check
from harness.dump import Dump
from harness.facts import (
    Checkpoint,
    Cursor,
    Effect,
    Head,
    Leaf,
    Parked,
    Record,
    Setting,
    Step,
    View,
    Written,
)
from harness.history import Operation, Result

CASE, OTHER = "case_one", "case_two"
DUE = "2026-11-22T01:00:00.000Z"
DUE_AT = datetime.fromisoformat(DUE).timestamp()
FOLDING = ("intake", "router", "sla-monitor")


def digest(event_id: str) -> str:
    return f"sha256:{sha256(event_id.encode()).hexdigest()}"


def written(service: str, sequence: int, type_: str, **more: Any) -> Written:  # noqa: ANN401 - fields of any type
    subject = more.get("subject", CASE)
    event_id = more.pop("event_id", f"{service}-{subject}-{sequence}")
    given = {
        "id": sequence,
        "topic": "cases.v1",
        "subject": subject,
        "time": DUE_AT + sequence,
        "digest": digest(event_id),
    }
    return Written(
        service=service, event_id=event_id, sequence=sequence, type=type_, **(given | more)
    )


def a_leaf(idx: int, row: Written, **more: Any) -> Leaf:  # noqa: ANN401 - fields of any type
    content = {
        "event_id": row.event_id,
        "sequence": row.sequence,
        "payload": row.digest,
        **({"causation": row.causation} if row.causation else {}),
    }
    leaf = Leaf(
        idx=idx,
        event_id=row.event_id,
        topic=row.topic,
        subject=row.subject,
        producer=row.service,
        sequence=row.sequence,
        type=row.type,
        content=json.dumps(content),
    )
    return replace(leaf, **more)


def a_record(offset: int, row: Written, **more: Any) -> Record:  # noqa: ANN401 - fields of any type
    record = Record(
        topic=row.topic,
        partition=0,
        offset=offset,
        event_id=row.event_id,
        producer=row.service,
        subject=row.subject,
        sequence=row.sequence,
        type=row.type,
        digest=row.digest,
    )
    return replace(record, **more)


def textbook_root(leaves: Sequence[Leaf]) -> str:
    def root(hashes: Sequence[bytes]) -> bytes:
        if not hashes:
            return sha256(b"").digest()
        if len(hashes) == 1:
            return hashes[0]
        left = 1 << (len(hashes) - 1).bit_length() - 1
        return sha256(b"\x01" + root(hashes[:left]) + root(hashes[left:])).digest()

    hashes = [sha256(b"\x00" + leaf.content.encode()).digest() for leaf in leaves]
    return b64encode(root(hashes)).decode()


def a_checkpoint(leaves: Sequence[Leaf], **more: Any) -> Checkpoint:  # noqa: ANN401 - fields of any type
    seen = Checkpoint(
        source="http", seen_at=1.0, origin="log/0", size=len(leaves), root=textbook_root(leaves)
    )
    return replace(seen, **more)


def a_head(row: Written) -> Head:
    return Head(
        service=row.service, topic=row.topic, subject=row.subject, last_sequence=row.sequence
    )


def a_cursor(service: str, row: Written) -> Cursor:
    return Cursor(
        service=service,
        producer=row.service,
        topic=row.topic,
        subject=row.subject,
        last_sequence=row.sequence,
        last_event_id=row.event_id,
    )


def parked(row: Written, offset: int, **more: Any) -> Parked:  # noqa: ANN401 - fields of any type
    held = Parked(
        service="sla-monitor",
        topic="cases.v1",
        partition=0,
        offset=offset,
        producer=row.service,
        subject=row.subject,
        sequence=row.sequence,
        event_id=row.event_id,
        reason="failed",
        state="dead",
    )
    return replace(held, **more)


OPENED = written("intake", 1, "case.opened.v1", request_id="req_1")
RECEIVED = written(
    "intake", 2, "evidence.received.v1", request_id="req_2", payload={"evidence": "evd_1"}
)
CLASSIFIED = written("router", 1, "case.classified.v1", causation=OPENED.event_id)
ROUTED = written("router", 2, "case.routed.v1", causation=OPENED.event_id)
BREACHED = written(
    "sla-monitor",
    1,
    "sla.breached.v1",
    payload={
        "clock": "clk_1",
        "revision": 0,
        "due_at": DUE,
        "detected_at": "2026-11-22T01:00:01.000Z",
    },
)
WRITTEN = (OPENED, RECEIVED, CLASSIFIED, ROUTED, BREACHED)
TOLD = (OPENED, CLASSIFIED, ROUTED, RECEIVED, BREACHED)
LEAVES = tuple(a_leaf(idx, row) for idx, row in enumerate(TOLD))
FILED = Operation(
    op="file_case",
    key="k1",
    invoked=1.0,
    completed=2.0,
    result=Result.OK,
    status=201,
    subject=CASE,
    facts={
        "request_ids": ["req_1"],
        "opens": True,
        "says": ["case.opened.v1"],
        "position": {"intake": 1},
    },
)


def a_clean_dump(**more: Any) -> Dump:  # noqa: ANN401 - fields of any type
    """Make what one case leaves that was filed, routed, sent a document and came too late."""
    clean = Dump(
        setting=Setting(readers={"cases.v1": FOLDING}, audited=("cases.v1",), topics=("cases.v1",)),
        history=(FILED,),
        written=WRITTEN,
        heads=tuple(map(a_head, (RECEIVED, ROUTED, BREACHED))),
        records=tuple(a_record(offset, row) for offset, row in enumerate(TOLD)),
        cursors=tuple(
            a_cursor(service, row) for service in FOLDING for row in (RECEIVED, ROUTED, BREACHED)
        ),
        views=tuple(View(service=one, case=CASE, state={"queue": "q"}) for one in FOLDING),
        effects=(
            Effect(service="intake", table="cases", id=CASE),
            Effect(service="intake", table="evidence", id="evd_1"),
        ),
        leaves=LEAVES,
        checkpoints=(a_checkpoint(LEAVES[:2]), a_checkpoint(LEAVES), a_checkpoint([])),
    )
    return replace(clean, **more)


def names(dump: Dump) -> set[Name]:
    return {anomaly.name for anomaly in check(dump)}


def without(rows: Sequence[Any], row: Written) -> tuple[Any, ...]:
    return tuple(one for one in rows if one.event_id != row.event_id)


def a_step(**more: Any) -> Step:  # noqa: ANN401 - fields of any type
    armed = Step(
        clock="clk_1",
        case=CASE,
        kind="assign",
        percent=100,
        due_at=DUE_AT,
        caught_up_at=DUE_AT + 60,
    )
    return replace(armed, **more)
