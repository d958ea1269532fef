"""YAML with a place for everything in it, so that an error can say where."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]
ModelT = TypeVar("ModelT", bound=BaseModel)

_FENCE = "---"
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong where, before it is turned into a line of text."""

    file: str
    path: Path
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its content, and the line and column of each part."""

    file: str
    content: object
    places: Mapping[Path, Place]

    def line(self, finding: Finding) -> str:
        line, column = self.places[self.nearest(finding.path)]
        return f"{self.file}:{line}:{column}: expected {finding.expected}, found {finding.found}"

    def nearest(self, path: Path) -> Path:
        """Follow a path as far as the file has it, past what only a checker put into it."""
        here: Path = ()
        for step in path:
            if (*here, step) in self.places:
                here = (*here, step)
        return here


class Unreadable(Exception):
    """A file is no YAML of ours; the message is a finished line."""


def read_document(file: str, text: str, *, first_line: int = 1) -> Document:
    """Read YAML without aliases and without keys that come twice."""
    places: dict[Path, Place] = {}
    try:
        loader = yaml.CSafeLoader(text)
        node = loader.get_single_node()
        content = _build(loader, node, (), places) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        at = f"{file}:{line + first_line}:{column + 1}"
        raise Unreadable(f"{at}: expected plain YAML, found {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(f"{file}:{first_line}:1: expected plain YAML, found {error}") from None
    moved = {path: (line + first_line, column + 1) for path, (line, column) in places.items()}
    return Document(file, content, {(): (first_line, 1), **moved})


def read_letter(file: str, text: str) -> Document:
    """Read Markdown with front matter: its keys, and the rest as `body`."""
    opening, *parts = text.split(f"{_FENCE}\n", 2)
    if opening or len(parts) != 2:  # noqa: PLR2004 - front matter and body
        raise Unreadable(f"{file}:1:1: expected front matter between two lines ---, found none")
    head, body = parts
    front = read_document(file, head, first_line=2)
    content = dict(front.content) if isinstance(front.content, dict) else {}
    said = body.strip()
    below = head.count("\n") + 3 + body[: body.find(said)].count("\n")
    lines: dict[Path, Place] = {("body", at): (below + at, 1) for at in range(said.count("\n") + 1)}
    return Document(
        file, {**content, "body": said}, {**front.places, ("body",): (below, 1), **lines}
    )


def read_article(file: str, text: str) -> Document:
    """Read Markdown with front matter; its language is the name of its folder."""
    letter = read_letter(file, text)
    content = letter.content if isinstance(letter.content, dict) else {}
    return replace(letter, content={"language": PurePosixPath(file).parent.name, **content})


def _build(
    loader: yaml.CSafeLoader, node: yaml.Node, path: Path, places: dict[Path, Place]
) -> object:
    places.setdefault(path, (node.start_mark.line, node.start_mark.column))
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(loader, item, (*path, index), places) for index, item in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(loader, node, path, places)
    return loader.construct_object(node)


def _build_mapping(
    loader: yaml.CSafeLoader, node: yaml.MappingNode, path: Path, places: dict[Path, Place]
) -> dict[str, object]:
    content: dict[str, object] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in content:
            raise yaml.MarkedYAMLError(
                problem=f"the key {key} twice", problem_mark=key_node.start_mark
            )
        places[*path, key] = (key_node.start_mark.line, key_node.start_mark.column)
        content[key] = _build(loader, value_node, (*path, key), places)
    return content


def check_document(
    document: Document, model: type[ModelT]
) -> tuple[ModelT | None, tuple[Finding, ...]]:
    """Turn a document into its part of the playbook, or say all that is wrong with it."""
    try:
        return model.model_validate(document.content), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, tuple(
            Finding(document.file, detail["loc"], *_explain(document, detail["loc"], detail))
            for detail in details
        )


def _explain(document: Document, path: Path, detail: Mapping[str, object]) -> tuple[str, str]:
    name = path[-1] if path else document.file
    kind, context = detail["type"], detail.get("ctx")
    if kind == "missing":
        return f"`{name}`", "nothing"
    if kind == "extra_forbidden":
        return f"no key `{name}` here", "it"
    if kind == "value_error" and isinstance(context, Mapping):
        return str(context["error"]), _shown(document, path)
    expected = str(detail["msg"]).removeprefix("Input should be ")
    return {"True": "true"}.get(expected, expected), _shown(document, path)


def _shown(document: Document, path: Path) -> str:
    value = document.content
    for step in document.nearest(path):
        value = value[step]  # type: ignore[index]  # the places were made of this very content
    return json.dumps(value, default=str, ensure_ascii=False)[:_SHOWN]
