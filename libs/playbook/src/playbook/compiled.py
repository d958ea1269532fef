"""The tables of a playbook, compiled once and kept as long as the playbook is used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Final, TypeAlias

from typing_extensions import override

from playbook.columns import Column
from playbook.inputs import filed_columns, routing_columns, signal_columns
from playbook.model import Playbook
from playbook.policies import RouteRow, RoutingTable
from playbook.tables import CellProblem, Row, Table, compile_rows
from playbook.trees import Tree

_KEPT: Final = 64

_Path: TypeAlias = tuple[str | int, ...]
_MakeTable: TypeAlias = Callable[[_Path, Sequence[Row], Mapping[str, Column]], Table]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    The rows for some issue types in the order in which they win, the default last.

    `places`: where each stands in its part of the file.
    """

    rows: tuple[RouteRow, ...]
    places: tuple[_Path, ...]
    table: Table
    problems: tuple[CellProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """
    Every table of a playbook. `rules`, `suspicions`, `no_touch` and `step_up` by issue type.

    `lists` are those of `severity.yaml`.

    `checklists` by issue type: which points a case has. `routes` are those of `routing.yaml`.
    `trees` by issue type: the trees in the order in which they are chosen, and their conditions.

    `problems`: by the path of the rows in their file, for the loader.
    """

    rules: Mapping[str, Table]
    lists: Mapping[str, Table]
    checklists: Mapping[str, Table]
    suspicions: Mapping[str, Table]
    no_touch: Mapping[str, Table]
    step_up: Mapping[str, Table]
    trees: Mapping[str, tuple[tuple[Tree, ...], Table]]
    routes: tuple[Route, ...]
    by_type: Mapping[str, Route]
    otherwise: Route
    problems: Mapping[_Path, tuple[CellProblem, ...]]


class _Same:
    """A playbook by what its tables are made of; by identity, since to compare all is slow."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.parts = (
            playbook.taxonomy,
            playbook.severity,
            playbook.routing,
            playbook.regions,
            *playbook.checklists,
            *playbook.trees,
        )

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and all(
            mine is its for mine, its in zip_longest(self.parts, other.parts)
        )

    @override
    def __hash__(self) -> int:
        return hash(tuple(map(id, self.parts)))


def compiled(playbook: Playbook) -> Compiled:
    """Compile a playbook's tables, or find them as they were compiled before."""
    kept = _BY_ID.get(id(playbook))
    if kept is not None and kept[0] is playbook:
        return kept[1]
    found = _compile(_Same(playbook))
    if len(_BY_ID) >= _KEPT:
        _BY_ID.clear()
    _BY_ID[id(playbook)] = (playbook, found)
    return found


# The very object, found without comparing parts; kept with it, since an id is free after its end.
_BY_ID: Final[dict[int, tuple[Playbook, Compiled]]] = {}


@lru_cache(maxsize=_KEPT)
def _compile(same: _Same) -> Compiled:
    playbook, severity = same.playbook, same.playbook.severity
    problems: dict[_Path, tuple[CellProblem, ...]] = {}

    def table(path: _Path, rows: Sequence[Row], columns: Mapping[str, Column]) -> Table:
        made, problems[path] = compile_rows(rows, columns)
        return made

    every_type = [known.code for known in playbook.taxonomy.issue_types]
    filed, signals = filed_columns(playbook, every_type), signal_columns()
    lists = {
        "financial": table(("financial",), severity.financial, filed),
        "legal": table(("legal",), severity.legal, filed),
        "safety": table(("safety",), severity.safety, filed),
        "policy_conflict": table(("policy_conflict",), severity.policy_conflict, filed),
        "severity": table(("severity",), severity.severity, signals),
        "authority": table(("authority",), severity.authority, {**filed, **signals}),
    }
    routes = tuple(_route(playbook, one) for one in playbook.routing.tables)
    return Compiled(
        rules=_of_types(playbook, "rules", table),
        suspicions=_of_types(playbook, "suspicions", table),
        no_touch=_of_types(playbook, "no_touch", table),
        step_up=_of_types(playbook, "step_up", table),
        lists=lists,
        checklists=_checklists(playbook, table),
        trees=_trees(playbook, every_type, table),
        routes=routes,
        by_type={
            code: route
            for one, route in zip(playbook.routing.tables, routes, strict=True)
            for code in one.issue_types
        },
        otherwise=_default_route(playbook),
        problems=problems,
    )


def _of_types(playbook: Playbook, part: str, table: _MakeTable) -> dict[str, Table]:
    return {
        known.code: table(
            ("issue_types", at, part), getattr(known, part), filed_columns(playbook, (known.code,))
        )
        for at, known in enumerate(playbook.taxonomy.issue_types)
    }


def _checklists(playbook: Playbook, table: _MakeTable) -> dict[str, Table]:
    """Compile which points a case has; a condition sees the case as it was filed."""
    return {
        one.issue_type: table(
            ("checklists", at),
            [Row(rule=point.item, when=point.when) for point in one.items],
            filed_columns(playbook, (one.issue_type,)),
        )
        for at, one in enumerate(playbook.checklists)
    }


def _trees(
    playbook: Playbook, types: Sequence[str], table: _MakeTable
) -> dict[str, tuple[tuple[Tree, ...], Table]]:
    """Compile which tree a case has: those with conditions first, each by its name."""
    found = {}
    for code in types:
        own = (one for one in playbook.trees if code in one.issue_types)
        trees = tuple(sorted(own, key=lambda one: (not one.when, one.tree)))
        rows = [Row(rule=one.tree, when=one.when) for one in trees]
        found[code] = (trees, table(("trees", code), rows, filed_columns(playbook, (code,))))
    return found


def _route(playbook: Playbook, one: RoutingTable) -> Route:
    """Put the rows into the order in which they win: by rank if that is what decides."""
    order = list(range(len(one.rows)))
    if one.hit_policy == "priority":
        order.sort(key=lambda at: one.rows[at].rank)
    rows = (*(one.rows[at] for at in order), one.default)
    table, problems = compile_rows(rows, routing_columns(playbook, one.issue_types))
    places = (*(("rows", at) for at in order), ("default",))
    return Route(rows=rows, places=places, table=table, problems=problems)


def _default_route(playbook: Playbook) -> Route:
    rows = (playbook.routing.default,)
    table, problems = compile_rows(rows, routing_columns(playbook, ()))
    return Route(rows=rows, places=((),), table=table, problems=problems)
