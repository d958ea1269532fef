"""What a soak has shown, as Markdown: operations, faults, events, leaves, anomalies by name."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.anomalies import Anomaly
from harness.dump import Dump
from harness.nemesis import Fault

_SHOWN_OF_EACH = 3
_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A finished soak and what the checker says of it."""

    seed: int
    loaded_for: float
    replicas: int
    rate: float
    faults: tuple[Fault, ...]
    dump: Dump
    anomalies: tuple[Anomaly, ...]


def written(verdict: Verdict) -> str:
    """Write the report."""
    return "\n".join(_lines(verdict)) + "\n"


def _lines(verdict: Verdict) -> Iterator[str]:
    dump = verdict.dump
    minutes = verdict.loaded_for / 60
    yield f"# Soak, seed {verdict.seed}"
    yield ""
    yield (
        f"{minutes:.1f} minutes of load, {verdict.replicas} replicas of each service,"
        f" {verdict.rate:g} cases begun a second."
    )
    yield f"At rest {dump.rest.seconds:.1f} s after the last fault was healed."
    if dump.rest.unrest:
        yield f"**Not at rest:** {dump.rest.unrest}"
    yield from _table("Operations", *_operations(dump))
    yield from _table("Faults", ("kind", "times", "targets"), _faults(verdict.faults))
    yield from _table("What there is now", ("what", "how many"), _counts(dump))
    yield from _anomalies(verdict.anomalies)


def _operations(dump: Dump) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
    counted = Counter((one.op, str(one.result)) for one in dump.history)
    results = ("ok", "fail", "info")
    rows = (
        (op, *(counted[op, result] for result in results))
        for op in sorted({op for op, _ in counted})
    )
    return ("operation", *results), rows


def _faults(faults: tuple[Fault, ...]) -> Iterator[tuple[object, ...]]:
    for kind, times in sorted(Counter(fault.kind for fault in faults).items()):
        targets = Counter(fault.target for fault in faults if fault.kind == kind)
        yield kind, times, ", ".join(target for target, _ in targets.most_common(6))


def _counts(dump: Dump) -> Iterator[tuple[object, ...]]:
    opened = sum(1 for one in dump.written if one.type.startswith("case.opened"))
    yield "cases", opened
    yield "events written", len(dump.written)
    yield "records on topics", len(dump.records)
    yield "leaves", len(dump.leaves)
    yield "checkpoints seen", len(dump.checkpoints)


def _anomalies(anomalies: tuple[Anomaly, ...]) -> Iterator[str]:
    counted: Mapping[str, int] = Counter(str(one.name) for one in anomalies)
    yield ""
    yield "## Anomalies"
    yield ""
    if not counted:
        yield "None."
    for name, times in sorted(counted.items()):
        yield f"### {name}: {times}"
        yield ""
        for one in [one for one in anomalies if str(one.name) == name][:_SHOWN_OF_EACH]:
            yield "```"
            yield str(one)[:_LONGEST]
            yield "```"


def _table(title: str, head: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    for row in (head, ("---",) * len(head), *rows):
        yield "| " + " | ".join(map(str, row)) + " |"
