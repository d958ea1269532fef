"""The reference of the playbook's files, as Markdown, made of their JSON Schemas."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from playbook.schemas import KINDS, schema

PLACE: Final = Path("docs") / "reference" / "playbook"
SCHEMA: Final = ".schema.json"
_CODE: Final = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
_PATTERNS: Final[Mapping[str, str]] = {
    _CODE: "code",
    "^([1-9][0-9]{0,6})([smhd])$": "duration",
    "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$": "window",
    r"^\d+\.\d+\.\d+$": "version",
}
_HEAD: Final = """\
# Files of a playbook

Made of the models by `python tools/write_contracts.py`; do not edit. Every file is YAML, letters
and articles are Markdown with YAML between two lines `---` on top. A key that is not listed here
is refused, never ignored. What the files must say together, `playbook lint` checks; see
[How the playbook decides](../explanation/how-the-playbook-decides.md) and
[How to change where cases go](../how-to/change-a-route.md).

To have an editor complete and check a file, name its schema in the first line, for instance
`# yaml-language-server: $schema=docs/reference/playbook/routing.schema.json`;
`playbook schema routing` prints it.

| Word | What is meant |
| --- | --- |
| code | a word of the playbook: letters, digits, `_`, `.`, `-`, no more than 64 |
| words | a text in each language: `{en: Payout on hold, de: Auszahlung gesperrt}` |
| duration | `90s`, `15m`, `8h`, `14d`; counted on a calendar |
| window | opening hours: `09:00-17:30` |
| cell | what a row asks of an input: `smb \\| mid`, `">= 500.00 GBP"`, `known`, `-` |
"""


def reference() -> Iterator[tuple[Path, str]]:
    """Yield each schema and the page, with the place of each below the repository's root."""
    for kind in KINDS:
        text = json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"
        yield PLACE / f"{kind}{SCHEMA}", text
    yield PLACE.with_suffix(".md"), "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield _HEAD
    told: set[str] = set()
    for kind in KINDS:
        described = schema(kind)
        yield f"## `{described['x-file']}`\n"
        yield from _part(described)
        for name, part in _below(described):
            if name not in told and "properties" in part:
                told.add(name)
                yield f"### {name}\n"
                yield from _part(part)


def _below(described: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from described.get("$defs", {}).items()


def _part(part: Mapping[str, Any]) -> Iterator[str]:
    if said := part.get("description"):
        yield f"{said}\n"
    yield "| Key | What it holds | Needed | |"
    yield "| --- | --- | --- | --- |"
    needed = part.get("required", ())
    for key, value in part["properties"].items():
        said = " ".join(str(value.get("description", "")).split())
        yield f"| `{key}` | {_holds(value)} | {'yes' if key in needed else 'no'} | {said} |"
    yield ""


def _holds(value: Mapping[str, Any]) -> str:
    """Say in a few words what a value may be."""
    if "$ref" in value:
        return _named(value["$ref"])
    for several in ("anyOf", "oneOf"):
        if several in value:
            kinds = [_holds(one) for one in value[several] if one.get("type") != "null"]
            return " or ".join(kinds)
    if "enum" in value:
        return " · ".join(f"`{one}`" for one in value["enum"])
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    return _plain(value)


def _named(ref: str) -> str:
    name = ref.rsplit("/", 1)[-1]
    return "words" if name == "Words" else f"[{name}](#{name.lower()})"


def _plain(value: Mapping[str, Any]) -> str:
    kind = value.get("type")
    if kind == "array":
        return f"list of {_holds(value.get('items', {}))}"
    if kind == "object":
        return _mapping(value)
    if kind == "string":
        return _PATTERNS.get(value.get("pattern", ""), value.get("format", "text"))
    if isinstance(kind, list):
        return "cell"
    return {"integer": _number(value), "number": "number", "boolean": "`true` · `false`"}.get(
        str(kind), "anything"
    )


def _mapping(value: Mapping[str, Any]) -> str:
    patterns = value.get("patternProperties")
    inside = next(iter(patterns.values())) if patterns else value.get("additionalProperties")
    keys = _holds({"type": "string", **value.get("propertyNames", {})}) if not patterns else "code"
    return f"{keys} → {_holds(inside)}" if isinstance(inside, dict) else "anything"


def _number(value: Mapping[str, Any]) -> str:
    least, most = value.get("minimum", value.get("exclusiveMinimum")), value.get("maximum")
    if least is not None and most is not None:
        return f"{least} to {most}"
    return "whole number"
