"""YAML with a place for everything in it, so that an error can say where."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from typing_extensions import override

from playbook.wording import TWICE, is_of_key, keys_beside, of_value, of_yaml

Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]
ModelT = TypeVar("ModelT", bound=BaseModel)

_FENCE = "---"
_SHOWN = 60
_WORDS_KEPT: Final = 8192
_TEXT: Final = "tag:yaml.org,2002:str"
_RESOLVER: Final = yaml.resolver.Resolver()


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
        return f"{self.place(finding.path)}: expected {finding.expected}, found {finding.found}"

    def place(self, path: Path) -> str:
        """Write where a part stands, or what is nearest to it: `routing.yaml:35:9`."""
        line, column = self.places[self.nearest(path)]
        return f"{self.file}:{line}:{column}"

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
    try:
        loader = _Loader(text)
        builder = _Builder(loader, first_line)
        node = loader.get_single_node()
        content = builder.build(node, ()) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        at = f"{file}:{line + first_line}:{column + 1}"
        sign = "".join(text.split("\n")[line : line + 1])[column : column + 1]
        expected, found = of_yaml(error.problem or "something else", sign)
        raise Unreadable(f"{at}: expected {expected}, found {found}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(f"{file}:{first_line}:1: expected plain YAML, found {error}") from None
    return Document(file, content, {(): (first_line, 1), **builder.places})


def read_letter(file: str, text: str) -> Document:
    """Read Markdown with front matter: its keys, and the rest as `body`."""
    opening, *parts = text.split(f"{_FENCE}\n", 2)
    if opening or len(parts) != 2:  # noqa: PLR2004 - front matter and body
        raise Unreadable(
            f"{file}:1:1: expected keys between two lines ---, and the text below them; found none"
        )
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


class _Loader(yaml.CSafeLoader):
    """Asks once what a plain word is: most words of a playbook come again and again."""

    @override
    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is not yaml.ScalarNode:
            return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]  # PyYAML
        return _plain_tag(value) if implicit[0] else _TEXT


@lru_cache(maxsize=_WORDS_KEPT)
def _plain_tag(word: str) -> str:
    """Tell text from number, truth and date, as YAML does for a word without quotes."""
    return str(_RESOLVER.resolve(yaml.ScalarNode, word, (True, False)))  # type: ignore[no-untyped-call]  # PyYAML


class _Builder:
    """Turns nodes into plain values, and notes on the way where each of them stands."""

    def __init__(self, loader: _Loader, first_line: int) -> None:
        self.places: dict[Path, Place] = {}
        self._loader = loader
        self._first_line = first_line

    def build(self, node: yaml.Node, path: Path) -> object:
        if path not in self.places:
            self.places[path] = self._place(node.start_mark)
        if isinstance(node, yaml.ScalarNode) and node.tag == _TEXT:
            return node.value
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._build_mapping(node, path)
        return self._loader.construct_object(node)

    def _build_mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        content: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in content:
                raise yaml.MarkedYAMLError(
                    problem=f"{TWICE}: {key}", problem_mark=key_node.start_mark
                )
            below = (*path, key)
            self.places[below] = self._place(key_node.start_mark)
            content[key] = self.build(value_node, below)
        return content

    def _place(self, mark: yaml.Mark) -> Place:
        return (mark.line + self._first_line, mark.column + 1)


def check_document(
    document: Document, model: type[ModelT]
) -> tuple[ModelT | None, tuple[Finding, ...]]:
    """Turn a document into its part of the playbook, or say all that is wrong with it."""
    try:
        return model.model_validate(document.content), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, tuple(
            Finding(document.file, detail["loc"], *_explain(document, model, detail))
            for detail in details
        )


def _explain(
    document: Document, model: type[BaseModel], detail: Mapping[str, Any]
) -> tuple[str, str]:
    path: Path = detail["loc"]
    name = path[-1] if path else document.file
    if detail["type"] == "missing":
        return f"`{name}`", "nothing"
    if detail["type"] == "extra_forbidden":
        known = ", ".join(keys_beside(model, path))
        return (f"a known key ({known})", f"`{name}`") if known else (f"no key `{name}` here", "it")
    found = f"`{path[-2]}`" if is_of_key(path) else _shown(document, path)
    return of_value(detail), found


def _shown(document: Document, path: Path) -> str:
    value = document.content
    for step in document.nearest(path):
        value = value[step]  # type: ignore[index]  # the places were made of this very content
    return json.dumps(value, default=str, ensure_ascii=False)[:_SHOWN]
