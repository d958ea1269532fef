"""Which file each part of a playbook came from."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from playbook.closed import Words
from playbook.documents import Document, Finding, Path
from playbook.reading import Reading

_MOST_TOLD: Final = 40
_NEAR: Final = 3
_ALIKE: Final = 0.6


@dataclass(slots=True)
class Sources:
    """What was read by file, and the files of each part in the order of its items."""

    readings: dict[str, Reading] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)

    def add(self, part: str, file: str, reading: Reading) -> None:
        self.readings[file] = reading
        self.files.setdefault(part, []).append(file)

    def file(self, part: str, index: int = 0) -> str:
        return self.files[part][index]

    def line(self, finding: Finding) -> str:
        """Write what was found, with its place."""
        return self._document(finding.file).line(finding)

    def place(self, file: str, path: Path) -> str:
        """Write where a part of a file stands: `routing.yaml:35:9`."""
        return self._document(file).place(path)

    def _document(self, file: str) -> Document:
        document = self.readings[file].document
        if document is None:
            raise LookupError(file)
        return document

    def marks(self) -> Iterator[Finding]:
        """Tell of every mark of a skeleton that is still there."""
        for reading in self.readings.values():
            yield from reading.marks

    def words(self) -> Iterator[tuple[str, Path, Words]]:
        """List every text that people read, with its file and place."""
        for file, reading in self.readings.items():
            for path, words in reading.words:
                yield file, path, words


def need(file: str, path: Path, name: str, known: Collection[str], what: str) -> Iterator[Finding]:
    """Find a name that nobody defines."""
    if name not in known:
        yield Finding(file, path, f"a known {what} ({_some(name, known)})", name)


def _some(name: str, known: Collection[str]) -> str:
    """List them all, or of many those that are spelt like what was found."""
    if len(known) <= _MOST_TOLD:
        return ", ".join(sorted(known))
    near = get_close_matches(name, known, _NEAR, _ALIKE)
    return f"one of {len(known)}; spelt like it: {', '.join(near) or 'none'}"


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
