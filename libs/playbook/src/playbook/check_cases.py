"""Checks of what understands and routes a case: taxonomy, teams, severity, routing."""

from collections.abc import Collection, Iterator, Sequence

from playbook.documents import Finding, Path
from playbook.inputs import FACT_PREFIX, FILED, ROUTING, SIGNALS
from playbook.model import Playbook
from playbook.policies import DecisionType, FactField, IssueType, RouteRow, TemplateSet
from playbook.sources import Sources, need, need_each, need_once
from playbook.tables import Row


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
    if known.silence:
        here = (*path, "silence", "root_cause")
        yield from need(file, here, known.silence.root_cause, causes, "root cause")
    names = [field.name for field in known.facts]
    yield from need_once(file, (*path, "facts"), names, "fact")
    for index, field in enumerate(known.facts):
        yield from _check_fact(file, (*path, "facts", index), field)
    facts = [FACT_PREFIX + field.name for field in known.facts if not field.is_restricted]
    yield from _check_rows(playbook, file, (*path, "rules"), known.rules, {*FILED, *facts})
    yield from _check_decisions(playbook, file, path, known.decisions)
    yield from _check_letters(playbook, file, path, known.templates)


def _check_fact(file: str, path: Path, field: FactField) -> Iterator[Finding]:
    if field.type == "text" and not field.is_restricted:
        yield Finding(file, path, "a `class`, since text is sealed", "none")
    if field.type == "code" and not field.codes:
        yield Finding(file, path, "the `codes` it may have", "none")
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


def _check_letters(
    playbook: Playbook, file: str, path: Path, chosen: TemplateSet | None
) -> Iterator[Finding]:
    known = {template.id for template in playbook.templates}
    for role, template in (chosen.model_dump() if chosen else {}).items():
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
    tables: tuple[tuple[str, Sequence[Row], Collection[str]], ...] = (
        ("financial", rows.financial, FILED),
        ("legal", rows.legal, FILED),
        ("safety", rows.safety, FILED),
        ("policy_conflict", rows.policy_conflict, FILED),
        ("severity", rows.severity, SIGNALS - {"severity"}),
        ("authority", rows.authority, SIGNALS - {"severity"}),
    )
    for name, table, inputs in tables:
        yield from _check_rows(playbook, file, (name,), table, inputs)
    if not rows.severity or rows.severity[-1].when:
        yield Finding(file, ("severity",), "a last row that always holds", "none")
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
    rows: list[tuple[Path, RouteRow]] = [(("default",), routing.default)]
    for index, table in enumerate(routing.tables):
        path: Path = ("tables", index)
        yield from need_each(file, (*path, "issue_types"), table.issue_types, types, "issue type")
        inputs = {*ROUTING, *_clear_facts(playbook, table.issue_types)}
        yield from _check_rows(playbook, file, (*path, "rows"), table.rows, inputs)
        rows += [((*path, "rows", at), row) for at, row in enumerate(table.rows)]
        rows.append(((*path, "default"), table.default))
    for path, row in rows:
        yield from need(file, (*path, "queue"), row.queue, queues, "queue")
        yield from need(file, (*path, "owner"), row.owner, teams, "team")
        if path[-1] == "default" and row.when:
            yield Finding(file, path, "a default route without conditions", "conditions")


def _clear_facts(playbook: Playbook, issue_types: Sequence[str]) -> set[str]:
    found = [playbook.issue_type(code) for code in issue_types]
    facts = [field for known in found if known for field in known.facts]
    return {FACT_PREFIX + field.name for field in facts if not field.is_restricted}


def _check_rows(
    playbook: Playbook, file: str, path: Path, rows: Sequence[Row], inputs: Collection[str]
) -> Iterator[Finding]:
    """A row may look at what is clear and known; a sealed fact is neither."""
    cues = [cue.id for cue in playbook.taxonomy.cues]
    for at, row in enumerate(rows):
        for index, condition in enumerate(row.when):
            here = (*path, at, "when", index)
            yield from need(file, (*here, "input"), condition.input, inputs, "clear input")
            if condition.input == "cues":
                wanted = condition.any_of or ()
                yield from need_each(file, (*here, "any_of"), wanted, cues, "cue")
            if condition.at_least_money is not None:
                for currency in playbook.taxonomy.currencies:
                    amounts = condition.at_least_money
                    yield from need(file, here, currency, amounts, "amount for a currency")
