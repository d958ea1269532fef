"""Checks of what understands and routes a case: taxonomy, teams, severity, routing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from playbook.cells import Cell, Ranges
from playbook.compiled import Route, compiled
from playbook.documents import Finding, Path
from playbook.model import Playbook
from playbook.policies import DecisionType, IssueType, Routing, RoutingTable, TemplateSet
from playbook.questions import FactField
from playbook.sources import Sources, need, need_each, need_once
from playbook.tables import Table

_WAITS: Final = "missing_evidence"


def check_taxonomy(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    taxonomy, file = playbook.taxonomy, sources.file("taxonomy")
    teams = [team.id for team in playbook.teams.teams]
    for index, family in enumerate(taxonomy.families):
        yield from need(file, ("families", index, "owner"), family.owner, teams, "team")
    kinds = [kind.kind for kind in taxonomy.evidence_kinds]
    yield from need_once(file, ("evidence_kinds",), kinds, "kind")
    yield from need_once(file, ("cues",), [cue.id for cue in taxonomy.cues], "cue")
    yield from need_once(
        file, ("issue_types",), [known.code for known in taxonomy.issue_types], "issue type"
    )
    yield from _check_decisions(playbook, file, ("defaults",), taxonomy.defaults.decisions)
    yield from _check_letters(playbook, file, ("defaults",), taxonomy.defaults.templates)
    for index, known in enumerate(taxonomy.issue_types):
        yield from _check_type(playbook, file, ("issue_types", index), known)


def _check_type(playbook: Playbook, file: str, path: Path, known: IssueType) -> Iterator[Finding]:
    families = [family.code for family in playbook.taxonomy.families]
    kinds = [kind.kind for kind in playbook.taxonomy.evidence_kinds]
    yield from need(file, (*path, "family"), known.family, families, "family")
    yield from need_each(file, (*path, "evidence"), known.evidence, kinds, "evidence kind")
    causes = playbook.root_causes(known.code)
    for code, cause in known.root_cause_hints.items():
        yield from need(file, (*path, "root_cause_hints", code), cause, causes, "root cause")
    for index, one in enumerate(known.suspicions):
        here: Path = (*path, "suspicions", index, "root_cause")
        yield from need(file, here, one.root_cause, causes, "root cause")
    if known.silence:
        here = (*path, "silence", "root_cause")
        yield from need(file, here, known.silence.root_cause, causes, "root cause")
    names = [field.name for field in known.facts]
    yield from need_once(file, (*path, "facts"), names, "fact")
    for index, field in enumerate(known.facts):
        yield from _check_fact(file, (*path, "facts", index), field)
    yield from _check_cells(playbook, file, (*path, "rules"))
    yield from _check_cells(playbook, file, (*path, "suspicions"))
    yield from _check_cells(playbook, file, (*path, "no_touch"))
    yield from _check_cells(playbook, file, (*path, "step_up"))
    yield from _check_decisions(playbook, file, path, known.decisions)
    yield from _check_letters(playbook, file, path, known.templates)


def _check_fact(file: str, path: Path, field: FactField) -> Iterator[Finding]:
    if field.type == "text" and not field.is_restricted:
        yield Finding(file, path, "a `class`, since text is sealed", "none")
    if field.type == "code" and not field.codes:
        yield Finding(file, path, "the `codes` it may have", "none")
    if field.most is not None and field.type != "number":
        yield Finding(file, (*path, "most"), "a number, as what has a largest value", field.type)
    if field.is_restricted and (field.identity or field.amount_at_risk or field.reference):
        yield Finding(file, path, "a clear fact, since decisions look at it", "a sealed one")


def _check_decisions(
    playbook: Playbook, file: str, path: Path, decisions: Sequence[DecisionType]
) -> Iterator[Finding]:
    """A reason is said to the seller, so it needs words."""
    for index, decision in enumerate(decisions):
        reasons = (*path, "decisions", index, "reasons")
        texts = playbook.card.texts
        yield from need_each(file, reasons, decision.reasons, texts, "code with a text")
        if decision.letter:
            known = {template.id for template in playbook.templates}
            here = (*path, "decisions", index, "letter")
            yield from need(file, here, decision.letter, known, "template")


def _check_letters(
    playbook: Playbook, file: str, path: Path, chosen: TemplateSet | None
) -> Iterator[Finding]:
    known = {template.id for template in playbook.templates}
    for role, template in (chosen.model_dump(exclude_none=True) if chosen else {}).items():
        yield from need(file, (*path, "templates", role), template, known, "template")


def check_teams(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    file = sources.file("teams")
    teams = [team.id for team in playbook.teams.teams]
    calendars = [calendar.id for calendar in playbook.calendars.calendars]
    yield from need_once(file, ("teams",), teams, "team")
    yield from need_once(file, ("queues",), [queue.id for queue in playbook.teams.queues], "queue")
    for index, team in enumerate(playbook.teams.teams):
        yield from need(file, ("teams", index, "calendar"), team.calendar, calendars, "calendar")
    for index, queue in enumerate(playbook.teams.queues):
        yield from need(file, ("queues", index, "team"), queue.team, teams, "team")
        yield from need(file, ("queues", index, "secondary"), queue.secondary, teams, "team")


def check_severity(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    rows, file = playbook.severity, sources.file("severity")
    for name in compiled(playbook).lists:
        yield from _check_cells(playbook, file, (name,))
    levels = {row.level for row in rows.severity}
    for level in sorted(levels - set(rows.priority)):
        yield Finding(file, ("priority",), f"a priority for `{level}`", "none")


def check_routing(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    routing, file = playbook.routing, sources.file("routing")
    queues = [queue.id for queue in playbook.teams.queues]
    teams = [team.id for team in playbook.teams.teams]
    types = [known.code for known in playbook.taxonomy.issue_types]
    yield from need(file, ("triage_queue",), routing.triage_queue, queues, "queue")
    yield from need_once(
        file, ("tables",), [code for table in routing.tables for code in table.issue_types], "type"
    )
    yield from _check_rule_names(file, routing)
    routes: list[tuple[Path, Route]] = [((), compiled(playbook).otherwise)]
    for index, table in enumerate(routing.tables):
        path: Path = ("tables", index)
        yield from need_each(file, (*path, "issue_types"), table.issue_types, types, "issue type")
        routes.append((path, compiled(playbook).routes[index]))
        yield from _check_milestone(file, path, table)
    for path, route in routes:
        yield from _check_route(playbook, file, path, route)
        for place, row in zip(route.places, route.rows, strict=True):
            here = (*path, *(place or ("default",)))
            yield from need(file, (*here, "queue"), row.queue, queues, "queue")
            yield from need(file, (*here, "owner"), row.owner, teams, "team")
            if here[-1] == "default" and row.when:
                yield Finding(file, here, "a default route without conditions", "conditions")


def _check_rule_names(file: str, routing: Routing) -> Iterator[Finding]:
    """A route is told by the name of its row: two of one name could not be told apart."""
    told: set[str] = set()
    for index, table in enumerate(routing.tables):
        places = [*(("rows", at) for at in range(len(table.rows))), ("default",)]
        for place, row in zip(places, (*table.rows, table.default), strict=True):
            if row.rule in told:
                yield Finding(file, ("tables", index, *place, "rule"), "each rule once", row.rule)
            told.add(row.rule)


def _check_milestone(file: str, path: Path, table: RoutingTable) -> Iterator[Finding]:
    """A case moves to a row of its own table, and away from one that waits for documents."""
    rules = {row.rule: row for row in table.rows}
    yield from need_each(file, (*path, "when_complete"), table.when_complete, rules, "rule here")
    waits = any(_WAITS in row.when for row in table.rows)
    if table.when_complete and not waits:
        expected = f"a row with `{_WAITS}`, from which a case moves once nothing is missing"
        yield Finding(file, (*path, "when_complete"), expected, "none")


def _check_route(playbook: Playbook, file: str, path: Path, route: Route) -> Iterator[Finding]:
    for row, column, expected, found in route.problems:
        yield Finding(file, (*path, *route.places[row], "when", column), expected, found)
    for place, cells in zip(route.places, route.table.cells, strict=True):
        yield from _check_currencies(playbook, file, (*path, *place), cells)


def check_points(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Look at the conditions on points of checklists, as at those of any row."""
    for index, checklist in enumerate(playbook.checklists):
        file = sources.file("checklists", index)
        for row, column, expected, found in compiled(playbook).problems["checklists", index]:
            yield Finding(file, ("items", row, "when", column), expected, found)
        for row, cells in enumerate(compiled(playbook).checklists[checklist.issue_type].cells):
            yield from _check_currencies(playbook, file, ("items", row), cells)


def _check_cells(playbook: Playbook, file: str, path: Path) -> Iterator[Finding]:
    """A row may look at what is clear and known; a sealed fact is neither."""
    table = _listed(playbook, path)
    for row, column, expected, found in compiled(playbook).problems[path]:
        yield Finding(file, (*path, row, "when", column), expected, found)
    for row, cells in enumerate(table.cells):
        yield from _check_currencies(playbook, file, (*path, row), cells)


def _listed(playbook: Playbook, path: Path) -> Table:
    if path[0] == "issue_types":
        known = playbook.taxonomy.issue_types[int(path[1])]
        tables: Mapping[str, Table] = getattr(compiled(playbook), str(path[2]))
        return tables[known.code]
    return compiled(playbook).lists[str(path[0])]


def _check_currencies(
    playbook: Playbook, file: str, path: Path, cells: Mapping[str, Cell]
) -> Iterator[Finding]:
    """An amount in pounds says nothing about one in euros: each currency needs its own."""
    for name, cell in cells.items():
        if isinstance(cell, Ranges) and cell.column.kind == "money":
            units, here = {one.unit for one in cell.ranges}, (*path, "when", name)
            known = playbook.taxonomy.currencies
            yield from need_each(file, here, sorted(units - {*known}), known, "currency")
            if left := [one for one in known if one not in units]:
                expected = f"an amount for each currency ({', '.join(known)})"
                yield Finding(file, here, expected, f"none for {', '.join(left)}")
