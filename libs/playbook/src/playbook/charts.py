"""Routes, ladders and trees as boxes in columns, ready to be laid out as a picture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from playbook.closed import DEFAULT_LANGUAGE
from playbook.compiled import compiled
from playbook.model import Playbook
from playbook.policies import RouteRow
from playbook.trees import Leaf, Question, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What stands in a box: its lines, and below them what can be said, each with its way on."""

    id: str
    column: int
    lines: tuple[str, ...]
    answers: tuple[str, ...] = ()
    is_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A way from a box, or from one of its answers, to a box; `down`: to the box below it."""

    source: str
    target: str
    answer: int | None = None
    down: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Boxes in the order in which they are read."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def routes_chart(playbook: Playbook, issue_type: str) -> Chart:
    """Put the rows of a type below each other, each with its queue beside it."""
    tables = compiled(playbook)
    rows = tables.by_type.get(issue_type, tables.otherwise).rows
    last = len(rows) - 1
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    for at, row in enumerate(rows):
        lines = ("otherwise",) if at == last else _conditions(row)
        boxes += [
            Box(id=f"r{at}", column=0, lines=lines),
            Box(id=f"q{at}", column=1, lines=(row.queue,), is_end=True),
        ]
        arrows.append(Arrow(source=f"r{at}", target=f"q{at}"))
        if at < last:
            arrows.append(Arrow(source=f"r{at}", target=f"r{at + 1}", down="no"))
    return Chart(title=f"Routes: {issue_type}", boxes=tuple(boxes), arrows=tuple(arrows))


def ladder_chart(playbook: Playbook, ladder: str) -> Chart:
    """Put the rungs below each other, in the order in which they are called."""
    found = next(one for one in playbook.escalation.ladders if one.id == ladder)
    boxes = tuple(
        Box(id=f"l{rung.level}", column=0, lines=(f"{rung.level}: {rung.role}",))
        for rung in found.rungs
    )
    pairs = pairwise(boxes)
    arrows = tuple(Arrow(source=low.id, target=high.id, down="then") for low, high in pairs)
    return Chart(title=f"Ladder: {ladder}", boxes=boxes, arrows=arrows)


def tree_chart(tree: Tree) -> Chart:
    """Put each question right of all that lead to it, with its answers in its box."""
    columns = _columns(tree)
    nodes = [node for node in tree.nodes if node.id in columns]
    return Chart(
        title=f"Tree: {tree.title.say(DEFAULT_LANGUAGE)}",
        boxes=tuple(_node_box(node, columns[node.id]) for node in nodes),
        arrows=tuple(arrow for node in nodes for arrow in _ways(node)),
    )


def _conditions(row: RouteRow) -> tuple[str, ...]:
    return tuple(f"{name} {cell}" for name, cell in row.when.items()) or ("always",)


def _columns(tree: Tree) -> Mapping[str, int]:
    """Count the most questions on any way from the start; the loader has seen that none loops."""
    nodes = {node.id: node for node in tree.nodes}

    @cache
    def reached_from(target: str) -> tuple[str, ...]:
        questions = (node for node in tree.nodes if isinstance(node, Question))
        ways = (node.id for node in questions if any(a.next == target for a in node.answers))
        return tuple(ways)

    @cache
    def column(code: str) -> int:
        if code == tree.start:
            return 0
        return 1 + max((column(one) for one in reached_from(code)), default=0)

    return {code: column(code) for code in nodes}


def _node_box(node: Question | Leaf, column: int) -> Box:
    if isinstance(node, Leaf):
        lines = (node.end.advice.say(DEFAULT_LANGUAGE), *filter(None, [node.end.root_cause]))
        return Box(id=node.id, column=column, lines=lines, is_end=True)
    answers = tuple(answer.say.say(DEFAULT_LANGUAGE) for answer in node.answers)
    asked = node.ask.say(DEFAULT_LANGUAGE)
    return Box(id=node.id, column=column, lines=(asked,), answers=answers)


def _ways(node: Question | Leaf) -> Iterator[Arrow]:
    if isinstance(node, Question):
        for at, answer in enumerate(node.answers):
            yield Arrow(source=node.id, target=answer.next, answer=at)
