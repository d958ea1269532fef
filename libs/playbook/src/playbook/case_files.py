"""Cases in files, as golden cases have them: for the command, which is given any file."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from playbook.examples import ExampleCase

_CASES = TypeAdapter(list[ExampleCase])


class NoCases(Exception):
    """A file holds no case; the message says what is wrong where."""


def read_case(path: Path) -> ExampleCase:
    """Read a case, or a golden case whole; `-` is what is piped in. Raises NoCases."""
    content = _content(path)
    if isinstance(content, dict) and isinstance(content.get("case"), dict):
        content = content["case"]
    return _valid(path, [content])[0]


def read_cases(path: Path) -> list[ExampleCase]:
    """Read a list of cases; `-` is what is piped in. Raises NoCases."""
    content = _content(path)
    if not isinstance(content, list):
        raise NoCases(f"{path} holds no list of cases")
    return _valid(path, content)


def _content(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds, checked next
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        return yaml.load(text, yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NoCases(f"{path} cannot be read: {error}") from None


def _valid(path: Path, cases: Sequence[object]) -> list[ExampleCase]:
    try:
        return _CASES.validate_python(cases)
    except ValidationError as error:
        found = json.loads(error.json(include_url=False, include_input=False))
        lines = (f"/{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
        raise NoCases(f"{path}: no case as in golden/\n" + "\n".join(lines)) from None
