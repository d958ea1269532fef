"""Which file each part of a playbook came from."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from playbook.documents import Document, Finding, Path


@dataclass(slots=True)
class Sources:
    """The documents by file, and the files of each part in the order of its items."""

    documents: dict[str, Document] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)

    def add(self, part: str, document: Document) -> None:
        self.documents[document.file] = document
        self.files.setdefault(part, []).append(document.file)

    def file(self, part: str, index: int = 0) -> str:
        return self.files[part][index]


def need(file: str, path: Path, name: str, known: Collection[str], what: str) -> Iterator[Finding]:
    """Find a name that nobody defines."""
    if name not in known:
        some = ", ".join(sorted(known))
        yield Finding(file, path, f"a known {what} ({some})", name)


def need_each(
    file: str, path: Path, names: Iterable[str], known: Collection[str], what: str
) -> Iterator[Finding]:
    """Find the names of a list that nobody defines."""
    for index, name in enumerate(names):
        yield from need(file, (*path, index), name, known, what)


def need_once(file: str, path: Path, names: Iterable[str], what: str) -> Iterator[Finding]:
    """Find names that come twice in a list."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield Finding(file, (*path, index), f"each {what} once", name)
        seen.add(name)
