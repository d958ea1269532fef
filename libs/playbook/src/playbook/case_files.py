"""Cases in files, as golden cases have them: for the command, which is given any file."""

import sys
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, RootModel, ValidationError

from playbook.documents import Document, ModelT, Unreadable, check_document, read_document
from playbook.examples import ExampleCase


class _Cases(RootModel[list[ExampleCase]]):
    """Many of them."""


class _Golden(BaseModel):
    """What matters here of a golden case."""

    case: ExampleCase


class NoCases(Exception):
    """A file holds no case; the message says what is wrong where, a line for each."""


def read_case(path: Path) -> ExampleCase:
    """Read a case, or a golden case whole; `-` is what is piped in. Raises NoCases."""
    document = _understand(path, _read(path))
    if isinstance(document.content, dict) and "case" in document.content:
        return _valid(document, _Golden).case
    return _valid(document, ExampleCase)


def read_cases(path: Path) -> list[ExampleCase]:
    """Read a list of cases; `-` is what is piped in. Raises NoCases."""
    text = _read(path)
    if path.suffix == ".json":
        # Ten times as fast; what is wrong is told below, by the reader that knows the places.
        with suppress(ValidationError):
            return _Cases.model_validate_json(text).root
    return _valid(_understand(path, text), _Cases).root


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else str(error)
        raise NoCases(f"{path} cannot be read: {why}") from None


def _understand(path: Path, text: str) -> Document:
    try:
        return read_document(str(path), text)
    except Unreadable as unreadable:
        raise NoCases(str(unreadable)) from None


def _valid(document: Document, model: type[ModelT]) -> ModelT:
    value, findings = check_document(document, model)
    if value is None:
        raise NoCases("\n".join(map(document.line, findings)))
    return value
