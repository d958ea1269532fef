"""JSON Schemas of a playbook's files, made of the models, so that editors complete and check."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from playbook.parts import PARTS, Part

Schema: TypeAlias = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_BELOW_FRONT_MATTER: Final = "body"
_FROM_FOLDER: Final = {"knowledge": ("language",)}

KINDS: Final = tuple(part.name for part in PARTS)


def schema(kind: str) -> Schema:
    """
    Describe one kind of file: `taxonomy`, `trees` and so on, those of KINDS.

    Of Markdown it describes the front matter. What files say together, lint alone can check.
    Raises KeyError for another kind.
    """
    part = _part(kind)
    made = _tidy(part.model.model_json_schema(by_alias=True))
    properties = dict(made["properties"])
    properties.pop(_BELOW_FRONT_MATTER if part.pattern.endswith(".md") else "", None)
    unwritten = {_BELOW_FRONT_MATTER, *_FROM_FOLDER.get(kind, ())}
    return {
        "$schema": DIALECT,
        "$id": f"urn:sellerworks:playbook:{kind}",
        "x-file": part.pattern,
        **made,
        "properties": properties,
        "required": [name for name in made["required"] if name not in unwritten],
    }


def _part(kind: str) -> Part:
    for part in PARTS:
        if part.name == kind:
            return part
    raise KeyError(kind)


def _tidy(schema: Mapping[str, Any]) -> Schema:
    """Leave out made-up titles, and refuse keys that are no codes where codes are the keys."""
    tidied = {
        key: _tidy_value(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }
    if "patternProperties" in tidied:
        tidied.setdefault("additionalProperties", False)
    return tidied


def _tidy_value(value: object) -> object:
    if isinstance(value, Mapping):
        return _tidy(value)
    return [_tidy_value(one) for one in value] if isinstance(value, list) else value
