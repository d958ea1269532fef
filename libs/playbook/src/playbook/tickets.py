"""Past tickets from a CSV file, row by row; of their texts nothing is kept but cues."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, TextIO, TypeVar

from typing_extensions import override

REQUIRED: Final = ("id", "opened_at")
OPTIONAL: Final = ("closed_at", "issue_type", "subject", "description", "reopened", "handoff")
COLUMNS: Final = (*REQUIRED, *OPTIONAL)

Value = TypeVar("Value")
_YES: Final = frozenset({"yes", "true", "1"})
_NO: Final = frozenset({"no", "false", "0", ""})
_MOST_REOPENS: Final = 1000
_A_MOMENT: Final = "a moment like 2026-09-01T08:30:00Z or 2026-09-01 08:30"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket as it stands in its row. The texts are looked at once and dropped."""

    opened_at: datetime
    closed_at: datetime | None
    issue_type: str
    subject: str
    description: str
    reopened: int
    handoff: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """What a cell should have been, and where. Never what stood there: it may be anybody's name."""

    line: int
    column: int
    name: str
    expected: str

    @override
    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.name}: expected {self.expected}"


class NoTickets(Exception):
    """The file cannot be read as tickets at all; the message says what to do."""


class _Wrong(Exception):
    def __init__(self, name: str, expected: str) -> None:
        super().__init__(name)
        self.name, self.expected = name, expected


def read_tickets(
    file: TextIO, *, names: Mapping[str, str], zone: tzinfo
) -> Iterator[Ticket | RowProblem]:
    """
    Read a file row by row; a row that is none comes as the problem that it has.

    Args:
        file: Opened with `newline=""` and `errors="surrogateescape"`: bytes that are no UTF-8 are
            the problem of their row.
        names: What our columns are called there, where they are called something else.
        zone: Where a moment without an offset was written down.

    Raises:
        NoTickets: It is empty, lacks a column or has one twice.
    """
    rows = csv.reader(file, strict=True)
    places = _places(_header(rows), names)
    seen: dict[str, int] = {}
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield RowProblem(line=line, column=1, name="row", expected="cells in closed quotes")
            continue
        if row:
            yield _ticket(row, places, line=line, seen=seen, zone=zone)


def _header(rows: Iterator[list[str]]) -> list[str]:
    try:
        return [name.strip().removeprefix("\ufeff") for name in next(rows)]
    except (StopIteration, csv.Error):
        raise NoTickets("1:1: the file has no first row that names its columns") from None


def _places(header: Sequence[str], names: Mapping[str, str]) -> dict[str, int]:
    """Find our columns, and how many there are (under the empty name)."""
    places = {"": len(header)}
    for ours in COLUMNS:
        theirs = names.get(ours, ours)
        if header.count(theirs) > 1:
            raise NoTickets(f"1:{header.index(theirs) + 1}: the column {theirs} is there twice")
        if theirs in header:
            places[ours] = header.index(theirs)
        elif ours in REQUIRED or ours in names:
            raise NoTickets(f"1:1: no column {theirs}; say --column {ours}=NAME if it has another")
    return places


def _ticket(
    row: Sequence[str],
    places: Mapping[str, int],
    *,
    line: int,
    seen: dict[str, int],
    zone: tzinfo,
) -> Ticket | RowProblem:
    if len(row) != places[""]:
        expected = f"{places['']} cells as in the first row, not {len(row)}"
        return RowProblem(line=line, column=1, name="row", expected=expected)
    cells = {name: row[at].strip() for name, at in places.items() if name}
    try:
        _check_id(cells["id"], seen, line)
        return _read(cells, zone)
    except _Wrong as wrong:
        column = places[wrong.name] + 1
        return RowProblem(line=line, column=column, name=wrong.name, expected=wrong.expected)


def _check_id(name: str, seen: dict[str, int], line: int) -> None:
    if not name:
        raise _Wrong("id", "the ticket's number")
    before = seen.setdefault(name, line)
    if before != line:
        raise _Wrong("id", f"each ticket once; line {before} has it too")


def _read(cells: Mapping[str, str], zone: tzinfo) -> Ticket:
    for name, cell in cells.items():
        if any("\ud800" <= sign <= "\udfff" for sign in cell):
            raise _Wrong(name, "a text in UTF-8")
    opened = _cell(cells, "opened_at", lambda it: _moment(it, zone), _A_MOMENT)
    closed = _cell(cells, "closed_at", lambda it: _moment(it, zone) if it else None, _A_MOMENT)
    if closed is not None and closed < opened:
        raise _Wrong("closed_at", "no moment before it was opened")
    reopens = f"how often it was reopened, 0 to {_MOST_REOPENS}"
    return Ticket(
        opened_at=opened,
        closed_at=closed,
        issue_type=cells.get("issue_type", ""),
        subject=cells.get("subject", ""),
        description=cells.get("description", ""),
        reopened=_cell(cells, "reopened", _count, reopens),
        handoff=_cell(cells, "handoff", _flag, "yes or no"),
    )


def _cell(
    cells: Mapping[str, str], name: str, read: Callable[[str], Value], expected: str
) -> Value:
    try:
        return read(cells.get(name, ""))
    except ValueError:
        raise _Wrong(name, expected) from None


def _moment(cell: str, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(cell)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _count(cell: str) -> int:
    count = int(cell or "0")
    if not 0 <= count <= _MOST_REOPENS:
        raise ValueError(cell)
    return count


def _flag(cell: str) -> bool:
    word = cell.casefold()
    if word not in _YES | _NO:
        raise ValueError(cell)
    return word in _YES
