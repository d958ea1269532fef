"""Read playbooks from folders: the only module here that touches files."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeAlias

from playbook.check_golden import places_of_golden
from playbook.check_sense import stale_assets
from playbook.checks import check_together
from playbook.documents import Finding
from playbook.model import Playbook
from playbook.parts import PARTS, Part
from playbook.reading import canonical_all, read_part
from playbook.sources import Sources

_Text: TypeAlias = tuple[str, bytes]
_VERSIONS_KEPT: Final = 4
_MISTAKEN: Final = frozenset({".yml", ".txt", ".json"})


class PlaybookInvalid(Exception):
    """A folder is no playbook. `problems` has a line `file:line:column: …` for each reason."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_all(folder: Path) -> dict[str, Playbook]:
    """Load every playbook below a folder, by pin. PlaybookInvalid tells of all that are wrong."""
    playbooks: dict[str, Playbook] = {}
    problems: list[str] = []
    for card in sorted(folder.glob("*/playbook.yaml")):
        try:
            playbook = load_playbook(card.parent)
        except PlaybookInvalid as invalid:
            problems += [f"{card.parent.name}/{line}" for line in invalid.problems]
        else:
            playbooks[playbook.pin] = playbook
    if problems:
        raise PlaybookInvalid(tuple(problems))
    return playbooks


def load_playbook(folder: Path) -> Playbook:
    """
    Load one playbook, checked in itself and across its files.

    Raises PlaybookInvalid with every problem at once; what the files say together is looked
    at when each is right by itself.
    """
    return _load(folder)[0]


def load_reviewed(folder: Path, today: date) -> Playbook:
    """Load one playbook as `load_playbook` does; what is past its review date is a problem too."""
    playbook, sources = _load(folder)
    _refuse(stale_assets(playbook, sources, today), sources)
    return playbook


def load_placed(folder: Path) -> tuple[Playbook, Mapping[str, str]]:
    """Load one playbook, with `file:line:column` of each golden case by name."""
    playbook, sources = _load(folder)
    return playbook, places_of_golden(playbook, sources)


def _load(folder: Path) -> tuple[Playbook, Sources]:
    files = tuple(
        (part.name, path.relative_to(folder).as_posix(), path.read_bytes())
        for part in PARTS
        for path in sorted(folder.glob(part.pattern))
    )
    return _understand(files, tuple(_strangers(folder, {file for _, file, _ in files})))


# What was understood once is not looked at again: a service and its tools load the same version
# many times, and each time is a second. Both results are frozen or left alone.
@lru_cache(maxsize=_VERSIONS_KEPT)
def _understand(
    files: tuple[tuple[str, str, bytes], ...], strangers: tuple[str, ...]
) -> tuple[Playbook, Sources]:
    problems = list(strangers)
    sources = Sources()
    texts: dict[str, list[_Text]] = {part.name: [] for part in PARTS}
    for name, file, content in files:
        texts[name].append((file, content))
    parts = {part.name: _load_part(texts[part.name], part, sources, problems) for part in PARTS}
    if problems:
        raise PlaybookInvalid(tuple(problems))
    playbook = Playbook.model_validate({**parts, "digest": _digest(sources)})
    _refuse(check_together(playbook, sources), sources)
    return playbook, sources


def _refuse(findings: Iterable[Finding], sources: Sources) -> None:
    lines = tuple(sources.line(finding) for finding in findings)
    if lines:
        raise PlaybookInvalid(lines)


def _strangers(folder: Path, known: Collection[str]) -> Iterator[str]:
    copies = [card.parent for card in folder.glob("*/playbook.yaml")]
    for path in sorted(folder.rglob("*")):
        file = path.relative_to(folder).as_posix()
        if path.parent in copies and path.name == "playbook.yaml":
            # Whoever copies a playbook to where one is already gets it inside, file for file.
            yield f"{file}:1:1: expected no playbook inside another, found {path.parent.name}"
        elif _is_strange(path, file, known) and not _is_in(path, copies):
            yield f"{file}:1:1: expected a file of a playbook, found another: {_advice(file)}"


def _is_strange(path: Path, file: str, known: Collection[str]) -> bool:
    return path.is_file() and file not in known and not is_hidden(file)


def is_hidden(file: str) -> bool:
    """Tell what systems and version control keep beside the files of people: `.git/config`."""
    return any(part.startswith(".") for part in PurePosixPath(file).parts)


def _advice(file: str) -> str:
    """Say what to do with a file that is no part: editors add endings, systems files of theirs."""
    name = PurePosixPath(file)
    meant = name.with_name(f"{name.name.split('.')[0]}.yaml")
    if name.suffix in _MISTAKEN and any(meant.match(part.pattern) for part in PARTS):
        return f"name it {meant}"
    return "take it away"


def _is_in(path: Path, folders: Collection[Path]) -> bool:
    return any(folder in path.parents for folder in folders)


def _load_part(texts: Sequence[_Text], part: Part, sources: Sources, problems: list[str]) -> Any:  # noqa: ANN401 - a part is of its model or a tuple of it, which Pydantic checks
    if not texts and not part.many:
        problems.append(f"{part.pattern}:1:1: expected the file, found none")
    loaded = []
    for file, content in texts:
        reading = read_part(part, file, content)
        sources.add(part.name, file, reading)
        problems += reading.problems
        loaded.append(reading.value)
    return tuple(loaded) if part.many else next(iter(loaded), None)


def _digest(sources: Sources) -> str:
    """Hash what the files say, whatever their layout and comments."""
    return hashlib.sha256(canonical_all(sources.readings).encode()).hexdigest()
