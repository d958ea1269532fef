"""Figures and how they are shown."""

import math
from collections.abc import Iterable, Sequence
from statistics import median

__all__ = ["median", "percentile", "say", "table"]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def say(line: str = "") -> None:
    print(line, flush=True)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print columns; numbers to the right, with as many digits as they deserve."""
    shown = [list(head), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[n]) for row in shown) for n in range(len(head))]
    for row in shown:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        say("    " + "  ".join(cells))


_LARGE, _MIDDLE = 100, 10


def _shown(cell: object) -> str:
    if not isinstance(cell, float):
        return str(cell)
    digits = 0 if abs(cell) >= _LARGE else 1 if abs(cell) >= _MIDDLE else 2
    return f"{cell:.{digits}f}"
