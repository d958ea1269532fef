"""Who would have how much to do, by two playbooks side by side, in plain lines."""

from collections.abc import Iterator

from playbook.simulate import Load


def tell_loads(was: Load, now: Load) -> Iterator[str]:
    """Tell for each queue, team and severity how many cases; and how long cases are promised."""
    yield f"{'':28}{'before':>9}{'after':>9}"
    for title in ("queues", "teams", "severities", "triage"):
        yield title
        yield from _columns(getattr(was, title), getattr(now, title))
    yield f"{'hours promised a case':28}{_hours(was):9.1f}{_hours(now):9.1f}"


def _columns(was: dict[str, int], now: dict[str, int]) -> Iterator[str]:
    for name in sorted(was.keys() | now.keys()):
        yield f"  {name:26}{was.get(name, 0):9}{now.get(name, 0):9}"


def _hours(load: Load) -> float:
    return load.promised.total_seconds() / 3600 / max(load.cases, 1)
