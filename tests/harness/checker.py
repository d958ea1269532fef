"""The checker: a pure function from a dump to what is wrong with it."""

from harness.anomalies import Anomaly
from harness.dump import Dump


def check(dump: Dump) -> list[Anomaly]:
    """List every anomaly of a dump taken at rest; none, if all invariants hold."""
    return [anomaly for look in _LOOKS for anomaly in look(dump)]


_LOOKS = ()
