"""Labelled texts of the past, read from CSV or JSON lines; every row that is wrong, at once."""

import csv
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Final, TypeAlias

from playbook.signals import UNDETERMINED, words_of

NEEDED: Final = ("text", "label", "occurred_at")
LANGUAGE: Final = "language"
FEWEST: Final = 10
"""So many different texts a type needs at least, to be learnt and to be tried."""

_SHOWN: Final = 40
_Row: TypeAlias = tuple[int, Mapping[str, object]]
_ENDINGS: Final = (".csv", ".jsonl", ".ndjson", ".json")


class HistoryInvalid(Exception):
    """A file of labelled texts cannot be used. `problems`: a line `file:line: …` for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A text of the past and what it turned out to be about. `line`: where its row begins."""

    line: int
    text: str
    label: str
    occurred_at: datetime
    language: str = UNDETERMINED

    @property
    def key(self) -> str:
        """The text as a model sees it: two with the same key are one text twice."""
        return " ".join(words_of(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The rows, oldest first, and the SHA-256 of their file."""

    rows: tuple[Labelled, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class _Wrong(Exception):
    """A row, or its file, cannot be read."""

    line: int
    what: str


def read_history(path: Path, labels: Collection[str]) -> History:
    """
    Read and check a file whose labels are issue types of a playbook.

    Raises:
        HistoryInvalid: With every row that cannot be used, and every type with too few texts.
    """
    if path.suffix.lower() not in _ENDINGS:
        raise HistoryInvalid([f"{path}: name a file that ends in {', '.join(_ENDINGS)}"])
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise HistoryInvalid([f"{path}: it cannot be read ({error.strerror})"]) from None
    rows, wrong = _check(raw, labels, is_csv=path.suffix.lower() == ".csv")
    if wrong:
        lines = [f"{path}:{one.line}: {one.what}" for one in sorted(wrong, key=lambda it: it.line)]
        more = [f"{path}: and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        raise HistoryInvalid([*lines[:_SHOWN], *more])
    rows.sort(key=lambda one: (one.occurred_at, one.line))
    return History(rows=tuple(rows), digest=hashlib.sha256(raw).hexdigest())


def _check(
    raw: bytes, labels: Collection[str], *, is_csv: bool
) -> tuple[list[Labelled], list[_Wrong]]:
    # A byte that is no UTF-8 becomes a lone surrogate, which its row is then refused for.
    text = raw.decode("utf-8-sig", errors="surrogateescape")
    rows: list[Labelled] = []
    wrong: list[_Wrong] = []
    for one in _read_csv(text) if is_csv else _read_lines(text):
        if isinstance(one, _Wrong):
            wrong.append(one)
            continue
        problems = [*_problems(one, labels)]
        wrong += problems
        if not problems:
            rows.append(_labelled(one))
    return rows, wrong or [*_too_few(rows)]


def _read_csv(text: str) -> Iterator[_Row | _Wrong]:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    names = [name.strip() for name in next(reader, [])]
    if missing := [name for name in NEEDED if name not in names]:
        known = ", ".join(names) or "none"
        yield _Wrong(1, f"no column {', '.join(missing)}; found: {known}; add it to the first line")
        return
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _Wrong(line, f"no row of CSV ({error}); quote it, and double quotes within")
            continue
        if len(cells) not in {0, len(names)}:
            yield _Wrong(
                line, f"{len(cells)} cells, expected {len(names)}; quote texts with commas"
            )
        elif cells:
            yield line, dict(zip(names, cells, strict=True))


def _read_lines(text: str) -> Iterator[_Row | _Wrong]:
    for line, one in enumerate(text.split("\n"), start=1):
        if not one.strip():
            continue
        try:
            content = json.loads(one)
        except (ValueError, RecursionError) as error:
            yield _Wrong(line, f"no JSON ({error}); write one object on each line")
            continue
        if isinstance(content, dict):
            yield line, content
        else:
            yield _Wrong(line, 'no object; write {"text": …, "label": …, "occurred_at": …}')


def _problems(row: _Row, labels: Collection[str]) -> Iterator[_Wrong]:
    line, cells = row
    for name in (*NEEDED, LANGUAGE):
        if name in cells and not isinstance(cells[name], str):
            yield _Wrong(line, f"`{name}` is no text; write it in quotes")
        elif name in NEEDED and not _cell(cells, name):
            yield _Wrong(line, f"no `{name}`; fill it in, or take the row out")
        elif _is_undecodable(_cell(cells, name)):
            yield _Wrong(line, f"`{name}` is not UTF-8; save the file as UTF-8")
    yield from _unknown(line, _cell(cells, "label"), labels)
    if (when := _cell(cells, "occurred_at")) and _instant(when) is None:
        yield _Wrong(line, f"`occurred_at` {when!r}: write a date like 2026-11-16, or an instant")
    if (text := _cell(cells, "text")) and not words_of(text):
        yield _Wrong(line, "`text` holds no word; take the row out")


def _unknown(line: int, label: str, labels: Collection[str]) -> Iterator[_Wrong]:
    if label and label not in labels:
        known = ", ".join(sorted(labels))
        yield _Wrong(line, f"`label` {label!r} is no issue type of the playbook; it has: {known}")


def _cell(cells: Mapping[str, object], name: str) -> str:
    value = cells.get(name)
    return value.strip() if isinstance(value, str) else ""


def _is_undecodable(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _instant(text: str) -> datetime | None:
    """Read a date or an instant; one that names no zone is taken for UTC."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _labelled(row: _Row) -> Labelled:
    line, cells = row
    when = _instant(_cell(cells, "occurred_at"))
    if when is None:
        raise AssertionError(f"line {line} has been checked")
    return Labelled(
        line=line,
        text=_cell(cells, "text"),
        label=_cell(cells, "label"),
        occurred_at=when,
        language=_cell(cells, LANGUAGE) or UNDETERMINED,
    )


def _too_few(rows: Sequence[Labelled]) -> Iterator[_Wrong]:
    texts: dict[str, set[str]] = {}
    first: dict[str, int] = {}
    for row in rows:
        texts.setdefault(row.label, set()).add(row.key)
        first.setdefault(row.label, row.line)
    for label, different in texts.items():
        if len(different) < FEWEST:
            told = f"{len(different)} different texts of {label}, expected {FEWEST} at least"
            yield _Wrong(first[label], f"{told}; add some, or take its rows out")
    if len(texts) < 2:  # noqa: PLR2004 - to tell apart takes two
        yield _Wrong(1, f"texts of {len(texts)} issue types, expected two at least; add more rows")
