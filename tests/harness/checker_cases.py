"""Within a case: nothing overtakes what is parked, no effect happens twice, all services agree."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from harness.anomalies import Anomaly, Name
from harness.checker_index import CASES, Index, stream_of
from harness.facts import Effect, Parked, View, Written

_WAITS: Final = frozenset({"waiting", "dead"})
# Which event speaks of which row: by its subject, or by a field of its payload.
_HERALDS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("intake", "cases"): ("case.opened.v1", ""),
    ("intake", "contacts"): ("seller.message_received.v1", "message"),
    ("intake", "evidence"): ("evidence.received.v1", "evidence"),
    ("router", "assignments"): ("case.assigned.v1", "assignment"),
    ("resolution", "messages"): ("seller.message_sent.v1", "message"),
    ("resolution", "decisions"): ("decision.recorded.v1", "decision"),
    ("handoff", "handoffs"): ("handoff.requested.v1", "handoff"),
    ("sla-monitor", "clocks"): ("sla.clock_started.v1", "clock"),
    ("sla-monitor", "escalations"): ("escalation.raised.v1", "escalation"),
    ("vault", "openings"): ("sealed_value.opened.v1", "opening"),
}
# Ids that a handler makes up each time it runs: two of them are no difference.
_MADE_UP: Final = ("msg_", "itm_", "dec_", "asg_", "opn_")


def overtaking(ix: Index) -> Iterator[Anomaly]:
    """I4: while a record is parked, nobody's later one of that case is applied there."""
    waiting: dict[tuple[str, str, str], list[Parked]] = defaultdict(list)
    for one in ix.dump.parked:
        if one.state in _WAITS:
            waiting[one.service, one.topic, one.subject].append(one)
    for (service, stream), cursor in ix.cursors.items():
        held = waiting.get((service, stream.topic, stream.subject))
        records = ix.records.get(cursor.last_event_id)
        if not held or not records or stream.producer == service:
            continue
        first = min(held, key=lambda one: one.offset)
        if stream.producer != first.producer and records[0].offset > first.offset:
            yield Anomaly(
                name=Name.OVERTAKEN,
                invariant="I4",
                about=f"{service} of {stream.subject}",
                says=f"applied {stream.producer}'s {cursor.last_sequence} past a parked record",
                slice=(first, cursor, records[0]),
            )


def effects(ix: Index) -> Iterator[Anomaly]:
    """I8: a cause has each of its effects once."""
    done: dict[tuple[str, ...], list[Written]] = defaultdict(list)
    for row in ix.dump.written:
        if row.causation is not None:
            done[(row.service, row.causation, row.topic, row.subject, row.type, _core(row))].append(
                row
            )
    for (service, causation, *_), rows in done.items():
        if len(rows) > 1:
            yield Anomaly(
                name=Name.EFFECT_TWICE,
                invariant="I8",
                about=f"{service} on {rows[0].subject}",
                says=f"{rows[0].type} {len(rows)} times because of {causation}",
                slice=(ix.event(causation), *rows),
            )


def _core(row: Written) -> str:
    """Give what an effect is about: without new ids, without times, without what was sealed."""
    return json.dumps(_without(row.payload), sort_keys=True)


def _without(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        if "sealed" in value and "commitment" in value:
            return "sealed"
        return {name: _without(each) for name, each in value.items() if name != "public_key"}
    if isinstance(value, list | tuple):
        return [_without(each) for each in value]
    if isinstance(value, str) and (value.startswith(_MADE_UP) or _is_time(value)):
        return "new"
    return value


def _is_time(text: str) -> bool:
    return len(text) >= len("2026-11-22T01:02:03Z") and text[10:11] == "T" and text.endswith("Z")


def heralds(ix: Index) -> Iterator[Anomaly]:
    """I1, I3: a business row and the event that tells of it are there together, once each."""
    rows: dict[tuple[str, str], dict[str, Effect]] = defaultdict(dict)
    for one in ix.dump.effects:
        rows[one.service, one.table][one.id] = one
    told: dict[tuple[str, str], dict[str, list[Written]]] = defaultdict(lambda: defaultdict(list))
    for written in ix.dump.written:
        told[written.service, written.type][written.subject].append(written)
    if not rows:
        return
    for (service, table), (type_, field) in _HERALDS.items():
        events = [one for many in told[service, type_].values() for one in many]
        yield from _paired(table, rows[service, table], _by_id(events, field))


def _by_id(events: Sequence[Written], field: str) -> dict[str, list[Written]]:
    found: dict[str, list[Written]] = defaultdict(list)
    for one in events:
        found[str(one.payload.get(field)) if field else one.subject].append(one)
    return found


def _paired(
    table: str, rows: Mapping[str, Effect], events: Mapping[str, Sequence[Written]]
) -> Iterator[Anomaly]:
    for id_, row in rows.items():
        if id_ not in events:
            yield Anomaly(
                name=Name.LOST_WRITE,
                invariant="I1",
                about=id_,
                says=f"a row of {row.service}'s {table} that no event tells of",
                slice=(row,),
            )
    for id_, told in events.items():
        if id_ not in rows:
            yield Anomaly(
                name=Name.PHANTOM,
                invariant="I3",
                about=id_,
                says=f"{told[0].type} tells of it, and {table} has no such row",
                slice=tuple(told),
            )
        if len(told) > 1:
            yield Anomaly(
                name=Name.DUPLICATE,
                invariant="I1",
                about=id_,
                says=f"{told[0].type} {len(told)} times",
                slice=tuple(told),
            )


def agreement(ix: Index) -> Iterator[Anomaly]:
    """I13: services that have nothing of a case parked have folded it to the same state."""
    seen: dict[str, dict[str, View]] = defaultdict(dict)
    for view in ix.dump.views:
        seen[view.case][view.service] = view
    folding = ix.dump.setting.readers.get(CASES, ())
    moving = {row.subject for row in ix.dump.written if row.late}
    skipped = set(_skipped(ix))
    for case, views in seen.items():
        if case in moving:
            continue
        free = [
            view
            for service, view in views.items()
            if service in folding and not view.blocked and (service, case) not in skipped
        ]
        if free:
            yield from _differing(case, free)


def acquaintance(ix: Index) -> Iterator[Anomaly]:
    """I13: a service that has heard the opening of a case knows the case."""
    known = {(view.service, view.case) for view in ix.dump.views}
    folding = ix.dump.setting.readers.get(CASES, ())
    for row in ix.dump.written:
        if row.type != "case.opened.v1":
            continue
        for service in folding:
            cursor = ix.cursors.get((service, stream_of(row)))
            if cursor and (service, row.subject) not in known:
                yield Anomaly(
                    name=Name.DISAGREEMENT,
                    invariant="I13",
                    about=row.subject,
                    says=f"{service} has heard that it was opened, and does not know it",
                    slice=(row, cursor),
                )


def _skipped(ix: Index) -> Iterator[tuple[str, str]]:
    """Tell which services go on with a case of which, two people agreed, they miss something."""
    for row in ix.dump.written:
        if row.type == "delivery.skipped.v1" and not row.payload["folded"]:
            yield row.payload["consumer"], row.subject


def _differing(case: str, views: Sequence[View]) -> Iterator[Anomaly]:
    first = views[0]
    for other in views[1:]:
        slots = sorted(
            name
            for name in first.state.keys() | other.state.keys()
            if first.state.get(name) != other.state.get(name)
        )
        if slots:
            yield Anomaly(
                name=Name.DISAGREEMENT,
                invariant="I13",
                about=case,
                says=f"{first.service} and {other.service} differ in {', '.join(slots)}",
                slice=tuple(
                    {"service": view.service, **{name: view.state.get(name) for name in slots}}
                    for view in (first, other)
                ),
            )
