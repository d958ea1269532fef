"""The ten issue types with the most tickets, as a bar chart in SVG."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_BAR: Final = 22
_GAP: Final = 8
_LEFT: Final = 220
_WIDTH: Final = 420
_RIGHT: Final = 80


def to_svg(made: Mapping[str, Any]) -> str:
    """Draw the report's first list. Codes need no escaping: they are words of the playbook."""
    counts = {one["issue_type"]: one["tickets"] for one in made["issue_types"]}
    bars = [(code, counts[code]) for code in made["top"]["volume"]]
    height = _GAP + len(bars) * (_BAR + _GAP)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + _RIGHT}" '
        f'height="{height}" font-family="sans-serif" font-size="14" role="img">'
    )
    title = "<title>Tickets by issue type</title>"
    return "\n".join((head, title, *_bars(bars), "</svg>", ""))


def _bars(bars: list[tuple[str, int]]) -> Iterator[str]:
    most = max((count for _, count in bars), default=1)
    for place, (code, count) in enumerate(bars):
        top = _GAP + place * (_BAR + _GAP)
        width, middle = round(_WIDTH * count / most), top + _BAR - 6
        yield f'<text x="{_LEFT - 8}" y="{middle}" text-anchor="end">{code}</text>'
        yield f'<rect x="{_LEFT}" y="{top}" width="{width}" height="{_BAR}" fill="#2b6cb0"/>'
        yield f'<text x="{_LEFT + width + 6}" y="{middle}">{count}</text>'
