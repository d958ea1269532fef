"""What each file of a playbook says by itself: read once, however many versions have it."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import BaseModel

from playbook.closed import Words, walk_words
from playbook.documents import Document, Finding, Path, Unreadable, check_document
from playbook.marks import find_marks
from playbook.parts import Part

# Three versions of a large playbook; a file that did not change between them counts once.
_FILES_KEPT: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    All that can be known of a file from the file alone. Whoever has one leaves it as it is.

    `canonical` is what it says in JSON, whatever its layout; `problems` are finished lines. A
    file that could not be read has no document, one that is wrong no value.
    """

    problems: tuple[str, ...]
    document: Document | None = None
    value: BaseModel | None = None
    words: tuple[tuple[Path, Words], ...] = ()
    marks: tuple[Finding, ...] = ()
    canonical: str = ""


@lru_cache(maxsize=_FILES_KEPT)
def read_part(part: Part, file: str, content: bytes) -> Reading:
    """Read one file as a part of a playbook, or say all that is wrong with it."""
    try:
        document = part.read(file, content.decode().replace("\r\n", "\n"))
    except UnicodeDecodeError:
        return Reading(problems=(f"{file}:1:1: expected UTF-8, found other bytes",))
    except Unreadable as unreadable:
        return Reading(problems=(str(unreadable),))
    value, findings = check_document(document, part.model)
    return Reading(
        problems=tuple(document.line(finding) for finding in findings),
        document=document,
        value=value,
        words=tuple(walk_words(value)),
        marks=tuple(find_marks(document)),
        canonical=_canonical(document.content),
    )


def canonical_all(readings: dict[str, Reading]) -> str:
    """Write what all files say, by name, as one JSON object with its keys in order."""
    members = (f"{_canonical(file)}:{readings[file].canonical}" for file in sorted(readings))
    return "{" + ",".join(members) + "}"


def _canonical(content: object) -> str:
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
