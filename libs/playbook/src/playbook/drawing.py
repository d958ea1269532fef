"""Find what is to be drawn, and draw it: as Mermaid, or as a picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from playbook.charts import Chart, ladder_chart, routes_chart, tree_chart
from playbook.graph import draw_ladder, draw_routes, draw_tree
from playbook.model import Playbook
from playbook.svg import draw as draw_svg


class NothingToDraw(LookupError):
    """The playbook has no such thing, or none was named; the message says what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A tree, else a ladder, else the routes of an issue type, else of all types."""

    issue_type: str | None
    ladder: str | None
    tree: str | None


def mermaid(playbook: Playbook, subject: Subject) -> Iterator[str]:
    """
    Draw as Mermaid, which many tools show as a picture.

    Raises:
        NothingToDraw: The playbook has no such thing.
    """
    _check(playbook, subject)
    if subject.tree is not None:
        yield from next(draw_tree(one) for one in playbook.trees if one.tree == subject.tree)
    elif subject.ladder is not None:
        yield from draw_ladder(playbook, subject.ladder)
    else:
        types = [one.code for one in playbook.taxonomy.issue_types]
        for code in [subject.issue_type] if subject.issue_type else types:
            yield from (*draw_routes(playbook, code), "")


def picture(playbook: Playbook, subject: Subject) -> Iterator[str]:
    """
    Draw as SVG, one thing a picture.

    Raises:
        NothingToDraw: The playbook has no such thing, or none was named.
    """
    _check(playbook, subject)
    yield from draw_svg(_chart(playbook, subject))


def _chart(playbook: Playbook, subject: Subject) -> Chart:
    if subject.tree is not None:
        return next(tree_chart(one) for one in playbook.trees if one.tree == subject.tree)
    if subject.ladder is not None:
        return ladder_chart(playbook, subject.ladder)
    if subject.issue_type is None:
        raise NothingToDraw("name what to draw: --issue-type, --ladder or --tree")
    return routes_chart(playbook, subject.issue_type)


def _check(playbook: Playbook, subject: Subject) -> None:
    _known(subject.tree, [one.tree for one in playbook.trees], "tree")
    _known(subject.ladder, [one.id for one in playbook.escalation.ladders], "ladder")
    types = [one.code for one in playbook.taxonomy.issue_types]
    _known(subject.issue_type, types, "issue type")


def _known(name: str | None, names: Sequence[str], what: str) -> None:
    if name is not None and name not in names:
        raise NothingToDraw(f"there is no {what} {name}; there are: {', '.join(names) or 'none'}")
