"""The lines of `events.jsonl`, read and checked one by one; many on all processors."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context
from typing import TypeVar

from verifier.events import FILE, KeyRing, Row, check_row, read_line
from verifier.report import Finding, undecided

_LINES_A_CHUNK = 1_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """`unread` says which lines cannot be taken apart, `findings` what is wrong with the others."""

    rows: Sequence[Row]
    unread: Sequence[Finding]
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Lines from `number` (counted from 1) on."""

    number: int
    lines: Sequence[bytes]


def examine(raw: bytes, *, keys: KeyRing, jobs: int) -> Examined:
    """Read every line and check each event by itself, with `jobs` processes at most."""
    *lines, rest = raw.split(b"\n")
    chunks = [
        _Chunk(start + 1, lines[start : start + _LINES_A_CHUNK])
        for start in range(0, len(lines), _LINES_A_CHUNK)
    ]
    done = list(_mapped(chunks, keys=keys, jobs=jobs))
    cut_off = [undecided(FILE, "the last line is cut off")] if rest else []
    return Examined(
        rows=_joined(part.rows for part in done),
        unread=[*_joined(part.unread for part in done), *cut_off],
        findings=_joined(part.findings for part in done),
    )


def _mapped(chunks: Sequence[_Chunk], *, keys: KeyRing, jobs: int) -> Iterator[Examined]:
    work = partial(_examine_chunk, keys=dict(keys))
    if min(jobs, len(chunks)) < 2:  # noqa: PLR2004  one processor, or work for one
        yield from map(work, chunks)
        return
    # Spawned, not forked: the same on every system, and it needs pipes only, no socket.
    with ProcessPoolExecutor(min(jobs, len(chunks)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, chunks)


def _examine_chunk(chunk: _Chunk, *, keys: KeyRing) -> Examined:
    read = [read_line(line, number=n) for n, line in enumerate(chunk.lines, start=chunk.number)]
    rows = [row for row, _ in read if row]
    checked = _joined(check_row(row, keys) for row in rows)
    return Examined(
        rows=rows,
        unread=[finding for row, finding in read if finding and not row],
        findings=[*(finding for row, finding in read if finding and row), *checked],
    )


def _joined(parts: Iterable[Iterable[T]]) -> list[T]:
    return list(chain.from_iterable(parts))
