"""Read playbooks from folders: the only module here that touches files."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from playbook.assets import (
    Calendars,
    Checklist,
    ContractFile,
    Escalation,
    Guardrails,
    Region,
    Template,
)
from playbook.check_sense import stale_assets
from playbook.checks import check_together
from playbook.clock_rules import Sla
from playbook.documents import (
    Document,
    Finding,
    Unreadable,
    check_document,
    read_article,
    read_document,
    read_letter,
)
from playbook.examples import Example, ExampleSet
from playbook.model import Card, Playbook
from playbook.policies import Routing, Severity, Taxonomy, Teams
from playbook.retention import Retention
from playbook.sources import Sources
from playbook.trees import Article, Tree

_Reader = Callable[[str, str], Document]
_Text = tuple[str, bytes]
_VERSIONS_KEPT: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which files make a part, and of what kind it is."""

    name: str
    pattern: str
    model: type[BaseModel]
    many: bool = False
    read: _Reader = read_document


PARTS = (
    Part(name="card", pattern="playbook.yaml", model=Card),
    Part(name="taxonomy", pattern="taxonomy.yaml", model=Taxonomy),
    Part(name="teams", pattern="teams.yaml", model=Teams),
    Part(name="severity", pattern="severity.yaml", model=Severity),
    Part(name="routing", pattern="routing.yaml", model=Routing),
    Part(name="sla", pattern="sla.yaml", model=Sla),
    Part(name="escalation", pattern="escalation.yaml", model=Escalation),
    Part(name="calendars", pattern="calendars.yaml", model=Calendars),
    Part(name="guardrails", pattern="guardrails.yaml", model=Guardrails),
    Part(name="retention", pattern="retention.yaml", model=Retention),
    Part(name="handoffs", pattern="handoffs/*.yaml", model=ContractFile, many=True),
    Part(name="checklists", pattern="checklists/*.yaml", model=Checklist, many=True),
    Part(
        name="templates", pattern="templates/**/*.md", model=Template, many=True, read=read_letter
    ),
    Part(name="regions", pattern="regions/*.yaml", model=Region, many=True),
    Part(name="trees", pattern="trees/*.yaml", model=Tree, many=True),
    Part(name="knowledge", pattern="knowledge/*/*.md", model=Article, many=True, read=read_article),
    Part(name="golden", pattern="golden/*.yaml", model=Example, many=True),
    Part(name="golden_sets", pattern="golden/sets/*.yaml", model=ExampleSet, many=True),
)


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


def _load(folder: Path) -> tuple[Playbook, Sources]:
    files = tuple(
        (part.name, path.relative_to(folder).as_posix(), path.read_bytes())
        for part in PARTS
        for path in sorted(folder.glob(part.pattern))
    )
    return _understand(files, tuple(_strangers(folder)))


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
    playbook = Playbook.model_validate({**parts, "digest": _digest(sources.documents)})
    _refuse(check_together(playbook, sources), sources)
    return playbook, sources


def _refuse(findings: Iterable[Finding], sources: Sources) -> None:
    lines = tuple(sources.documents[finding.file].line(finding) for finding in findings)
    if lines:
        raise PlaybookInvalid(lines)


def _strangers(folder: Path) -> Iterator[str]:
    known = {path for part in PARTS for path in folder.glob(part.pattern)}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in known:
            yield f"{path.relative_to(folder).as_posix()}:1:1: expected no such file, found it"


def _load_part(texts: Sequence[_Text], part: Part, sources: Sources, problems: list[str]) -> Any:  # noqa: ANN401 - a part is of its model or a tuple of it, which Pydantic checks
    if not texts and not part.many:
        problems.append(f"{part.pattern}:1:1: expected the file, found none")
    loaded = []
    for file, content in texts:
        try:
            document = part.read(file, content.decode().replace("\r\n", "\n"))
        except UnicodeDecodeError:
            problems.append(f"{file}:1:1: expected UTF-8, found other bytes")
        except Unreadable as unreadable:
            problems.append(str(unreadable))
        else:
            loaded.append(_check(document, part, sources, problems))
    return tuple(loaded) if part.many else next(iter(loaded), None)


def _check(
    document: Document, part: Part, sources: Sources, problems: list[str]
) -> BaseModel | None:
    sources.add(part.name, document)
    value, findings = check_document(document, part.model)
    problems += [document.line(finding) for finding in findings]
    return value


def _digest(documents: Mapping[str, Document]) -> str:
    """Hash what the files say, whatever their layout and comments."""
    content = {file: document.content for file, document in documents.items()}
    canonical = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
