"""The marks of a skeleton: places where only a person knows what to write."""

from collections.abc import Iterator
from typing import Final

from playbook.documents import Document, Finding, Path

MARK: Final = "FILL_IN"


def find_marks(document: Document) -> Iterator[Finding]:
    """Find every mark that is still there, and say what belongs in its place."""
    for path, text in _texts(document.content):
        if text.startswith(MARK):
            asked = text.removeprefix(MARK).strip(" .:").replace("_", " ")
            yield Finding(document.file, path, asked or "words of your own", f"the mark {MARK}")


def _texts(content: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(content, str):
        yield path, content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from _texts(value, (*path, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from _texts(value, (*path, index))
