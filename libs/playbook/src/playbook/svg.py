"""Charts as SVG: columns of boxes in which no text overlaps another, in plain Python."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from statistics import mean
from typing import Final

from playbook.charts import Arrow, Box, Chart

LINE: Final = 16
_SIGN: Final = 7.4
"""Pixels that a sign takes at most on average, at 12 px of a sans-serif face."""
_SIGNS: Final = 36
_PAD: Final = 10
_GAP_Y: Final = 26
_GAP_X: Final = 90
_MARGIN: Final = 24
_TITLE: Final = 34
_STYLE: Final = (
    "text{font:12px sans-serif;fill:#1b1f24}.t{font-size:15px;font-weight:bold}"
    ".b{fill:#fff;stroke:#57606a}.e{fill:#ddf4e4;stroke:#2da44e}.a{fill:#eaeef2}"
    ".w{fill:none;stroke:#57606a}.n{fill:#57606a}"
)


@dataclass(slots=True, kw_only=True)
class Placed:
    """A box with its place; one without lines is a bend in a long way."""

    id: str
    column: int
    lines: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    is_end: bool
    x: float = 0
    y: float = 0
    width: float = 0

    @property
    def height(self) -> float:
        if not self.lines:
            return LINE
        answers = sum(len(lines) * LINE + _PAD for lines in self.answers)
        return len(self.lines) * LINE + _PAD + answers

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    def answer_top(self, at: int) -> float:
        above = sum(len(lines) * LINE + _PAD for lines in self.answers[:at])
        return self.y + len(self.lines) * LINE + _PAD + above

    def leaves_at(self, answer: int | None) -> float:
        """Tell how far down a way leaves: beside its answer, if it has one."""
        if answer is None:
            return self.middle
        return self.answer_top(answer) + (len(self.answers[answer]) * LINE + _PAD) / 2


def draw(chart: Chart) -> Iterator[str]:
    """Write the picture, an element a line."""
    placed = {box.id: _sized(box) for box in chart.boxes}
    ways = [_way(arrow, placed) for arrow in chart.arrows]
    _put_in_columns(placed)
    _put_in_rows(placed, ways)
    width = max(box.x + box.width for box in placed.values()) + _MARGIN
    width = max(width, len(chart.title) * _SIGN * 1.3 + 2 * _MARGIN)
    height = max(box.y + box.height for box in placed.values()) + _MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">'
    )
    yield f"<style>{_STYLE}</style>"
    yield '<rect width="100%" height="100%" fill="#fff"/>'
    yield f'<text class="t" x="{_MARGIN}" y="{_MARGIN + 4}">{escape(chart.title)}</text>'
    for way in ways:
        yield from _draw_way(way, placed)
    for box in placed.values():
        yield from _draw_box(box)
    yield "</svg>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An arrow with the bends on it, one for each column that it passes."""

    arrow: Arrow
    stops: tuple[str, ...]


def _sized(box: Box) -> Placed:
    lines = tuple(part for line in box.lines for part in _wrap(line))
    answers = tuple(tuple(_wrap(answer)) for answer in box.answers)
    longest = max(map(len, [*lines, *(line for one in answers for line in one)]))
    return Placed(
        id=box.id,
        column=box.column,
        lines=lines,
        answers=answers,
        is_end=box.is_end,
        width=longest * _SIGN + 2 * _PAD,
    )


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, _SIGNS) or [""]


def _way(arrow: Arrow, placed: dict[str, Placed]) -> Way:
    """Lay a bend into each column between, so that the way goes round the boxes there."""
    source, target = placed[arrow.source], placed[arrow.target]
    stops = [source.id]
    for column in range(source.column + 1, target.column):
        bend = f"{source.id}/{arrow.answer}/{column}"
        placed[bend] = Placed(id=bend, column=column, lines=(), answers=(), is_end=False)
        stops.append(bend)
    return Way(arrow=arrow, stops=(*stops, target.id))


def _put_in_columns(placed: Mapping[str, Placed]) -> None:
    left: float = _MARGIN
    for column in range(max(box.column for box in placed.values()) + 1):
        here = [box for box in placed.values() if box.column == column]
        widest = max((box.width for box in here), default=0)
        for box in here:
            box.x, box.width = left, widest
        left += widest + _GAP_X


def _put_in_rows(placed: Mapping[str, Placed], ways: Sequence[Way]) -> None:
    """Put each box beside where its ways come from, and below the one above it."""
    top: float = _MARGIN + _TITLE
    for column in range(max(box.column for box in placed.values()) + 1):
        here = [box for box in placed.values() if box.column == column]
        wished = {box.id: _wished(box, placed, ways, top) for box in here}
        bottom = top
        for box in sorted(here, key=lambda one: wished[one.id]):
            box.y = max(bottom, wished[box.id] - box.height / 2)
            bottom = box.y + box.height + _GAP_Y


def _wished(
    box: Placed, placed: Mapping[str, Placed], ways: Iterable[Way], otherwise: float
) -> float:
    places = [
        placed[before].leaves_at(way.arrow.answer if before == way.arrow.source else None)
        for way in ways
        if way.arrow.down is None
        for before, after in pairwise(way.stops)
        if after == box.id
    ]
    return mean(places) if places else otherwise


def _draw_way(way: Way, placed: Mapping[str, Placed]) -> Iterator[str]:
    source, target = placed[way.stops[0]], placed[way.stops[-1]]
    if way.arrow.down is not None:
        x, start, end = source.x + 20, source.y + source.height, target.y
        yield f'<path class="w" d="M{x:.1f} {start:.1f}V{end:.1f}"/>'
        yield f'<path class="n" d="M{x:.1f} {end:.1f}l-4 -7h8z"/>'
        yield f'<text x="{x + 8:.1f}" y="{start + 15:.1f}">{escape(way.arrow.down)}</text>'
        return
    x, y = source.x + source.width, source.leaves_at(way.arrow.answer)
    path = f"M{x:.1f} {y:.1f}"
    for stop in way.stops[1:]:
        box = placed[stop]
        turn = (x + box.x) / 2
        path += f"C{turn:.1f} {y:.1f} {turn:.1f} {box.middle:.1f} {box.x:.1f} {box.middle:.1f}"
        x, y = (box.x, box.middle) if box is target else (box.x + box.width, box.middle)
        path += "" if box is target else f"H{x:.1f}"
    yield f'<path class="w" d="{path}"/>'
    yield f'<path class="n" d="M{x:.1f} {y:.1f}l-7 -4v8z"/>'


def _draw_box(box: Placed) -> Iterator[str]:
    if not box.lines:
        return
    kind, round_by = ("e", 12) if box.is_end else ("b", 3)
    yield (
        f'<rect class="{kind}" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="{round_by}"/>'
    )
    yield from _write(box.lines, box.x, box.y)
    for at, lines in enumerate(box.answers):
        top = box.answer_top(at)
        yield (
            f'<rect class="a" x="{box.x + 4:.1f}" y="{top:.1f}" width="{box.width - 8:.1f}" '
            f'height="{len(lines) * LINE + _PAD - 4:.1f}" rx="3"/>'
        )
        yield from _write(lines, box.x, top - 2)


def _write(lines: Sequence[str], x: float, y: float) -> Iterator[str]:
    for at, line in enumerate(lines):
        yield f'<text x="{x + _PAD:.1f}" y="{y + (at + 1) * LINE:.1f}">{escape(line)}</text>'
