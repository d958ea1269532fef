"""Routing tables for other engines: DMN 1.3 XML, and CEL expressions."""

from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from playbook.cells import Cell, Codes, Presence, Range, Ranges
from playbook.columns import Column
from playbook.compiled import Route, compiled
from playbook.model import Playbook

_DMN: Final = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_TYPES: Final = {"number": "number", "money": "number", "date": "date", "duration": "number"}


def to_dmn(playbook: Playbook) -> str:
    """
    Write every routing table as a DMN decision table with the outputs `queue` and `rule`.

    What FEEL has no word for is written so that it has: a set of codes as a list, an amount as
    two inputs, one for its currency; a duration in seconds.
    """
    ET.register_namespace("", _DMN)
    root = ET.Element(
        _tag("definitions"), {"name": playbook.pin, "namespace": f"playbook:{playbook.card.id}"}
    )
    for table, route in zip(playbook.routing.tables, compiled(playbook).routes, strict=True):
        name = "_".join(table.issue_types)
        decision = ET.SubElement(root, _tag("decision"), {"id": f"route_{name}", "name": name})
        policy = "UNIQUE" if table.hit_policy == "unique" else "FIRST"
        _dmn_table(decision, route, policy)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _dmn_table(decision: ET.Element, route: Route, policy: str) -> None:
    table = ET.SubElement(decision, _tag("decisionTable"), {"hitPolicy": policy})
    for column in route.table.columns:
        for name, kind in _inputs(column):
            holder = ET.SubElement(table, _tag("input"), {"label": name})
            given = ET.SubElement(holder, _tag("inputExpression"), {"typeRef": kind})
            ET.SubElement(given, _tag("text")).text = name
    for output in ("queue", "rule"):
        ET.SubElement(table, _tag("output"), {"name": output, "typeRef": "string"})
    for row, cells in zip(route.rows, route.table.cells, strict=True):
        for entries in _alternatives(route.table.columns, cells):
            rule = ET.SubElement(table, _tag("rule"))
            for text in entries:
                ET.SubElement(ET.SubElement(rule, _tag("inputEntry")), _tag("text")).text = text
            for value in (row.queue, row.rule):
                entry = ET.SubElement(rule, _tag("outputEntry"))
                ET.SubElement(entry, _tag("text")).text = f'"{value}"'


def _inputs(column: Column) -> Iterator[tuple[str, str]]:
    name = column.name.replace(".", "_")
    yield name, _TYPES.get(column.kind, "Any" if column.many else "string")
    if column.kind == "money":
        yield f"{name}_currency", "string"


def _alternatives(
    columns: tuple[Column, ...], cells: Mapping[str, Cell]
) -> Iterator[tuple[str, ...]]:
    """An amount has a range for each currency, and each needs a rule of its own."""
    found: list[tuple[str, ...]] = [()]
    for column in columns:
        entries = tuple(_entries(column, cells.get(column.name)))
        found = [(*before, *entry) for before in found for entry in entries]
    yield from found


def _entries(column: Column, cell: Cell | None) -> Iterator[tuple[str, ...]]:
    if isinstance(cell, Ranges) and column.kind == "money":
        yield from ((_feel_range(one), f'"{one.unit}"') for one in cell.ranges)
    elif column.kind == "money":
        yield (_feel(column, cell), "-")
    else:
        yield (_feel(column, cell),)


def _feel(column: Column, cell: Cell | None) -> str:
    match cell:
        case None:
            return "-"
        case Presence(known=known):
            return "not(null)" if known else "null"
        case Ranges(ranges=ranges):
            return ", ".join(_feel_range(one) for one in ranges)
        case Codes(codes=codes, negated=negated):
            words = ", ".join(f'"{code}"' for code in sorted(codes))
            if column.many:
                asked = f"some code in ? satisfies code in ({words})"
                return f"not({asked})" if negated else asked
            return f"not({words})" if negated else words


def _feel_range(one: Range) -> str:
    if one.low is None:
        return f"< {one.high}"
    return f">= {one.low}" if one.high is None else f"[{one.low}..{one.high})"


def _tag(name: str) -> str:
    return f"{{{_DMN}}}{name}"


def to_cel(playbook: Playbook) -> str:
    """
    Write every routing table as one CEL expression that gives the queue.

    Codes are strings or lists of them, amounts `{amount_minor, currency}`, dates days since
    0001-01-01 (1 is the first), durations seconds; `has()` asks whether there is a value.
    """
    parts = []
    for table, route in zip(playbook.routing.tables, compiled(playbook).routes, strict=True):
        lines = [f"// {', '.join(table.issue_types)}"]
        for row, cells in zip(route.rows[:-1], route.table.cells, strict=False):
            columns = {column.name: column for column in route.table.columns}
            asked = " && ".join(_cel(columns[name], cell) for name, cell in cells.items())
            lines.append(f'{asked or "true"} ? "{row.queue}" :')
        lines.append(f'"{route.rows[-1].queue}"')
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _cel(column: Column, cell: Cell) -> str:
    name = f"case.{column.name.replace('.', '_')}"
    match cell:
        case Presence(known=known):
            return f"has({name})" if known else f"!has({name})"
        case Ranges(ranges=ranges):
            either = " || ".join(_cel_range(name, one) for one in ranges)
            return f"(has({name}) && ({either}))"
        case Codes(codes=codes, negated=negated):
            words = ", ".join(f'"{code}"' for code in sorted(codes))
            one = f"code in [{words}]"
            among = f"{name}.exists(code, {one})" if column.many else f"{name} in [{words}]"
            return f"{'!' if negated else ''}(has({name}) && {among})"


def _cel_range(name: str, one: Range) -> str:
    value = f"{name}.amount_minor" if one.unit else name
    asked = [f'{name}.currency == "{one.unit}"'] if one.unit else []
    if one.low is not None:
        asked.append(f"{value} >= {one.low}")
    if one.high is not None:
        asked.append(f"{value} < {one.high}")
    return f"({' && '.join(asked)})"
