"""The checker: a pure function from a dump to what is wrong with it."""

from collections.abc import Callable, Iterator
from typing import Final

from harness import (
    checker_cases,
    checker_history,
    checker_log,
    checker_rest,
    checker_streams,
    checker_timers,
)
from harness.anomalies import Anomaly
from harness.checker_index import Index, index
from harness.dump import Dump

Look = Callable[[Index], Iterator[Anomaly]]

LOOKS: Final[tuple[Look, ...]] = (
    checker_history.acceptance,
    checker_history.stale_reads,
    checker_cases.heralds,
    checker_streams.numbering,
    checker_streams.publishing,
    checker_streams.authenticity,
    checker_streams.topic_order,
    checker_streams.hearing,
    checker_cases.overtaking,
    checker_cases.effects,
    checker_cases.agreement,
    checker_cases.acquaintance,
    checker_log.leaves,
    checker_log.log_order,
    checker_log.causality,
    checker_log.tree,
    checker_timers.timers,
    checker_rest.liveness,
    checker_rest.secrecy,
)


def check(dump: Dump) -> list[Anomaly]:
    """List every anomaly of a dump taken at rest; none, if all invariants hold."""
    arranged = index(dump)
    return [anomaly for look in LOOKS for anomaly in look(arranged)]
