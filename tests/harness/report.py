"""Sums a dump up in words: operations, facts, faults, and anomalies by name."""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.anomalies import Anomaly
from harness.dump import Dump

SHOWN = 3


def summary(dump: Dump, anomalies: Sequence[Anomaly]) -> str:
    """Write a few lines of Markdown; of each name, the first few anomalies in full."""
    return "\n".join(_lines(dump, anomalies)) + "\n"


def _lines(dump: Dump, anomalies: Sequence[Anomaly]) -> Iterator[str]:
    operations = Counter((one.op, one.result.value) for one in dump.history)
    yield f"seed {dump.setting.seed}; at rest after {dump.rest.seconds:.1f} s"
    yield ""
    yield "| operation | ok | fail | info |"
    yield "| --- | ---: | ---: | ---: |"
    for op in sorted({op for op, _ in operations}):
        counts = " | ".join(str(operations[op, result]) for result in ("ok", "fail", "info"))
        yield f"| {op} | {counts} |"
    yield ""
    faults = ", ".join(f"{kind} {n}" for kind, n in sorted(dump.setting.faults.items()))
    yield f"faults: {faults or 'none'}"
    yield (
        f"events: {len(dump.written)}; records: {len(dump.records)}; leaves: {len(dump.leaves)};"
        f" cases: {len({view.case for view in dump.views})};"
        f" checkpoints seen: {len(dump.checkpoints)}"
    )
    yield ""
    yield from _found(anomalies)


def _found(anomalies: Sequence[Anomaly]) -> Iterator[str]:
    if not anomalies:
        yield "anomalies: none"
        return
    names = Counter(one.name.value for one in anomalies)
    yield "anomalies: " + ", ".join(f"{name} {n}" for name, n in sorted(names.items()))
    for name in sorted(names):
        for one in [one for one in anomalies if one.name == name][:SHOWN]:
            yield f"- {one}"
