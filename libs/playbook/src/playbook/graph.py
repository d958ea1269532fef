"""Routes, ladders and trees drawn as Mermaid, which many tools show as a picture."""

from collections.abc import Iterator

from playbook.assets import Rung
from playbook.closed import DEFAULT_LANGUAGE
from playbook.compiled import compiled
from playbook.model import Playbook
from playbook.policies import RouteRow
from playbook.trees import Leaf, Tree


def draw_routes(playbook: Playbook, issue_type: str) -> Iterator[str]:
    """Draw the rows of a type from the top, each with where it sends a case."""
    tables = compiled(playbook)
    route = tables.by_type.get(issue_type, tables.otherwise)
    yield "flowchart TD"
    yield f'  start(["{issue_type}"]) --> r0'
    last = len(route.rows) - 1
    for at, row in enumerate(route.rows):
        if at == last:
            yield f'  r{at}["otherwise"] --> q{at}[/"{row.queue}"/]'
        else:
            yield f'  r{at}{{"{_conditions(row)}"}} -- yes --> q{at}[/"{row.queue}"/]'
            yield f"  r{at} -- no --> r{at + 1}"


def draw_ladder(playbook: Playbook, ladder: str) -> Iterator[str]:
    """Draw a ladder from its lowest rung."""
    found = next(one for one in playbook.escalation.ladders if one.id == ladder)
    yield "flowchart BT"
    for rung in found.rungs:
        yield f'  l{rung.level}["{_rung(rung)}"]'
    for low, high in zip(found.rungs, found.rungs[1:], strict=False):
        yield f"  l{low.level} --> l{high.level}"


def _conditions(row: RouteRow) -> str:
    cells = (f"{name} {cell}" for name, cell in row.when.items())
    return "<br/>".join(cells).replace('"', "'") or "always"


def _rung(rung: Rung) -> str:
    return f"{rung.level}: {rung.role}"


def draw_tree(tree: Tree) -> Iterator[str]:
    """Draw a tree from its first question, in English; ends are round."""
    at = {node.id: f"n{index}" for index, node in enumerate(tree.nodes)}
    yield "flowchart TD"
    yield f'  start(["{_plain(tree.title.say(DEFAULT_LANGUAGE))}"]) --> {at[tree.start]}'
    for node in tree.nodes:
        if isinstance(node, Leaf):
            yield f'  {at[node.id]}(["{_ending(node)}"])'
            continue
        yield f'  {at[node.id]}{{"{_plain(node.ask.say(DEFAULT_LANGUAGE))}"}}'
        for answer in node.answers:
            said = _plain(answer.say.say(DEFAULT_LANGUAGE))
            yield f'  {at[node.id]} -- "{said}" --> {at[answer.next]}'


def _ending(leaf: Leaf) -> str:
    """Say what came out: the advice, and below it the cause."""
    lines = [_plain(leaf.end.advice.say(DEFAULT_LANGUAGE))]
    if leaf.end.root_cause:
        lines.append(leaf.end.root_cause)
    return "<br/>".join(lines)


def _plain(text: str) -> str:
    return " ".join(text.split()).replace('"', "'")
