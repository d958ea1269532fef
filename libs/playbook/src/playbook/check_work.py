"""Checks of what runs a case: clocks, ladders, contracts, checklists, regions."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import jsonschema_rs
from pydantic import JsonValue

from playbook.assets import Checklist, ContractFile, Region
from playbook.closed import say_duration
from playbook.common_payload import CURRENCY, IDENTIFIER, REFERENCE, common_properties
from playbook.documents import Finding, Path
from playbook.model import ANY_OTHER, Playbook
from playbook.sources import Sources, need, need_each, need_once
from playbook.targets import ALL_CLOCKS

_CALENDARS_OF_A_CASE = ("region", "team")
_SCHEMA = "JSON Schema as in the other contracts"
_CLOSED_STRINGS = frozenset({IDENTIFIER, CURRENCY})
_REFERENCES = frozenset({REFERENCE, "^[A-Z]{2}$"})
_CLOSED_FORMATS = frozenset({"date", "date-time"})


def check_sla(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    sla, file = playbook.sla, sources.file("sla")
    kinds = [rule.kind for rule in sla.clocks]
    ladders = [ladder.id for ladder in playbook.escalation.ladders]
    yield from need_once(file, ("clocks",), kinds, "clock")
    for index, rule in enumerate(sla.clocks):
        path = ("clocks", index)
        if rule.ladder:
            yield from need(file, (*path, "ladder"), rule.ladder, ladders, "ladder")
        bounded = [bound.clock for bound in playbook.guardrails.clock_bounds]
        if not rule.deadline:
            yield from need(file, (*path, "kind"), rule.kind, bounded, "bound in guardrails.yaml")
    calendars = [*_CALENDARS_OF_A_CASE, *_calendars(playbook)]
    types = _types(playbook)
    for index, row in enumerate(sla.targets):
        here: Path = ("targets", index)
        yield from need(file, (*here, "clock"), row.clock, kinds, "clock")
        yield from need(file, (*here, "calendar"), row.calendar, calendars, "calendar")
        yield from need_each(file, (*here, "issue_types"), row.issue_types, types, "issue type")
        if not _is_within(playbook, row.clock, row.target):
            yield Finding(file, (*here, "target"), *_bounds(playbook, row.clock, row.target))


def _is_within(playbook: Playbook, clock: str, target: timedelta) -> bool:
    return all(
        bound.least <= target <= bound.most
        for bound in playbook.guardrails.clock_bounds
        if bound.clock == clock
    )


def _bounds(playbook: Playbook, clock: str, target: timedelta) -> tuple[str, str]:
    bound = next(one for one in playbook.guardrails.clock_bounds if one.clock == clock)
    least, most = say_duration(bound.least), say_duration(bound.most)
    return f"between {least} and {most} for `{clock}` (guardrails.yaml)", say_duration(target)


def _calendars(playbook: Playbook) -> list[str]:
    return [calendar.id for calendar in playbook.calendars.calendars]


def _types(playbook: Playbook) -> list[str]:
    return [known.code for known in playbook.taxonomy.issue_types]


def check_escalation(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    escalation, file = playbook.escalation, sources.file("escalation")
    ladders = {ladder.id: ladder for ladder in escalation.ladders}
    marketplaces = [marketplace.id for marketplace in playbook.card.marketplaces]
    for index, ladder in enumerate(escalation.ladders):
        for at, rung in enumerate(ladder.rungs):
            path: Path = ("ladders", index, "rungs", at, "members")
            yield from need_each(file, path, rung.members, marketplaces, "marketplace")
    kinds = [rule.kind for rule in playbook.sla.clocks]
    for index, rule in enumerate(escalation.rules):
        here: Path = ("rules", index)
        yield from need(file, (*here, "ladder"), rule.ladder, ladders, "ladder")
        known = ladders.get(rule.ladder)
        levels = [str(rung.level) for rung in known.rungs] if known else [str(rule.level)]
        yield from need(file, (*here, "level"), str(rule.level), levels, "level")
        yield from need_each(file, (*here, "clocks"), rule.clocks, kinds, "clock")
        yield from need_each(
            file, (*here, "issue_types"), rule.issue_types, _types(playbook), "issue type"
        )


def check_handoffs(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    partners = [team.id for team in playbook.teams.teams if team.kind == "partner"]
    for index, contract in enumerate(playbook.handoffs):
        file = sources.file("handoffs", index)
        yield from need(file, ("team",), contract.team, partners, "partner team")
        types = _types(playbook)
        yield from need_each(file, ("issue_types",), contract.issue_types, types, "issue type")
        codes = playbook.codes.handoff_return
        reasons = contract.return_reasons
        yield from need_each(file, ("return_reasons",), reasons, codes, "return reason")
        yield from _check_schemas(file, contract)


def _check_schemas(file: str, contract: ContractFile) -> Iterator[Finding]:
    for name, schema in (("payload", contract.payload), ("result", contract.result)):
        try:
            jsonschema_rs.Draft202012Validator(schema)
        except jsonschema_rs.ValidationError as error:
            path = (name, *error.instance_path)
            yield Finding(file, path, _SCHEMA, error.message)
        except ValueError:  # a reference that leads nowhere has no place in it
            yield Finding(file, (name,), _SCHEMA, "something else")
        yield from _check_required(file, name, schema)
    properties = contract.payload.get("properties")
    own = properties if isinstance(properties, dict) else {}
    for field in common_properties(contract.actions).keys() & own.keys():
        path = ("payload", "properties", field)
        yield Finding(file, path, "a field of the team's own", "one that every team gets")
    for field, part in own.items():
        yield from _check_sent(file, ("payload", "properties", field), part)
    yield from _check_closed(file, ("result",), contract.result)


def _check_required(file: str, name: str, schema: Mapping[str, JsonValue]) -> Iterator[Finding]:
    """What nothing describes cannot be sent: a contract that asks for it is never kept."""
    required, properties = schema.get("required"), schema.get("properties")
    if isinstance(required, list) and isinstance(properties, dict):
        names = [str(one) for one in required]
        yield from need_each(file, (name, "required"), names, properties, f"property of {name}")


def _check_sent(file: str, path: Path, schema: JsonValue) -> Iterator[Finding]:
    """What an agent writes goes to another department in clear: no words either, nor lists of."""
    if isinstance(schema, dict) and schema.get("type") == "array":
        yield from _check_sent(file, (*path, "items"), schema.get("items"))
    elif not (isinstance(schema, dict) and schema.get("pattern") in _REFERENCES):
        yield from _check_closed(file, path, schema)


def _check_closed(file: str, path: Path, schema: JsonValue) -> Iterator[Finding]:
    """An answer over Kafka holds codes, booleans, identifiers, money, dates: never words."""
    if not isinstance(schema, dict):
        yield Finding(file, path, _SCHEMA, "something else")
    elif schema.get("type") == "object":
        yield from _check_closed_object(file, path, schema)
    elif not _is_closed(schema):
        yield Finding(file, path, "a code, boolean, identifier, amount or date", "something freer")


def _check_closed_object(
    file: str, path: Path, schema: Mapping[str, JsonValue]
) -> Iterator[Finding]:
    if schema.get("additionalProperties") is not False:
        yield Finding(file, path, "additionalProperties: false", "an open object")
    properties = schema.get("properties")
    for name, part in (properties if isinstance(properties, dict) else {}).items():
        yield from _check_closed(file, (*path, "properties", name), part)


def _is_closed(schema: Mapping[str, JsonValue]) -> bool:
    return (
        schema.get("type") in {"boolean", "integer"}
        or "enum" in schema
        or schema.get("pattern") in _CLOSED_STRINGS
        or schema.get("format") in _CLOSED_FORMATS
    )


def check_checklists(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    types = [ANY_OTHER, *_types(playbook)]
    covered = [checklist.issue_type for checklist in playbook.checklists]
    if ANY_OTHER not in covered:
        yield Finding(sources.file("card"), (), "a checklist for issue type `*`", "none")
    for index, checklist in enumerate(playbook.checklists):
        file = sources.file("checklists", index)
        yield from need(file, ("issue_type",), checklist.issue_type, types, "issue type")
        if covered.index(checklist.issue_type) != index:
            yield Finding(file, ("issue_type",), "one checklist a type", checklist.issue_type)
        yield from _check_items(playbook, file, checklist)
        yield from _check_actions(playbook, file, checklist)


def _check_items(playbook: Playbook, file: str, checklist: Checklist) -> Iterator[Finding]:
    kinds = [kind.kind for kind in playbook.taxonomy.evidence_kinds]
    yield from need_once(file, ("items",), [row.item for row in checklist.items], "item")
    for index, row in enumerate(checklist.items):
        if row.kind:
            yield from need(file, ("items", index, "kind"), row.kind, kinds, "evidence kind")
        yield from _check_repeated(file, index, checklist)


def _check_repeated(file: str, index: int, checklist: Checklist) -> Iterator[Finding]:
    """Of several points for one kind the first that fits counts: all but the last have a `when`."""
    row = checklist.items[index]
    before = [one for one in checklist.items[:index] if one.kind and one.kind == row.kind]
    above = next((one.item for one in before if not one.when), None)
    if above:
        found = f"{row.kind} again, which {above} always asks for"
        yield Finding(file, ("items", index, "kind"), "a point that some case can reach", found)


def _check_actions(playbook: Playbook, file: str, checklist: Checklist) -> Iterator[Finding]:
    teams = [one.team for one in playbook.handoffs if checklist.issue_type in one.issue_types]
    for index, row in enumerate(checklist.actions):
        if row.verb == "hand_off" or row.team:
            path = ("actions", index, "team")
            what = "team with a contract for this type"
            yield from need(file, path, row.team or "none", teams, what)
    if not any(row.verb == "decide" for row in checklist.actions):
        yield Finding(file, ("actions",), "an action `decide`, so that cases end", "none")


def check_regions(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    kinds = [rule.kind for rule in playbook.sla.clocks if not rule.deadline]
    for index, region in enumerate(playbook.regions):
        file = sources.file("regions", index)
        calendars = _calendars(playbook)
        yield from need(file, ("calendar",), region.calendar, calendars, "calendar")
        locales = playbook.card.locales
        yield from need_each(file, ("languages",), region.languages, locales, "language")
        texts = playbook.card.texts
        yield from need_each(file, ("duties",), region.duties, texts, "duty with a text")
        known = [*kinds, ALL_CLOCKS] if region.demonstration else kinds
        for at, change in enumerate(region.targets):
            yield from need(file, ("targets", at, "clock"), change.clock, known, "clock")
            types = ("targets", at, "issue_types")
            yield from need_each(file, types, change.issue_types, _types(playbook), "issue type")
        yield from _check_bounds(playbook, file, region)


def _check_bounds(playbook: Playbook, file: str, region: Region) -> Iterator[Finding]:
    floor = playbook.guardrails.demonstration_floor
    bounded = {bound.clock for bound in playbook.guardrails.clock_bounds}
    for at, change in enumerate(region.targets):
        path = ("targets", at, "target")
        if region.demonstration and change.target < floor:
            expected = f"at least {say_duration(floor)}, even in a demonstration"
            yield Finding(file, path, expected, say_duration(change.target))
        within = _is_within(playbook, change.clock, change.target)
        if not region.demonstration and change.clock in bounded and not within:
            yield Finding(file, path, *_bounds(playbook, change.clock, change.target))
