"""`playbook import-tickets`: what the past months were about, before anything is changed."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from playbook.load import load_playbook
from playbook.model import Playbook
from playbook.ticket_chart import to_svg
from playbook.ticket_report import History, recognise, report, to_markdown
from playbook.tickets import COLUMNS, NoTickets, RowProblem, Ticket, read_tickets

_TOLD_EVERY: Final = 10_000
_MOST_TOLD: Final = 200
_CHUNK: Final = 1 << 20


def import_tickets(  # noqa: PLR0913 - each is an option of the command
    folder: Annotated[Path, typer.Argument(help="The playbook to read them with.")],
    file: Annotated[Path, typer.Argument(help="Tickets in CSV, UTF-8, names in the first row.")],
    *,
    to: Annotated[Path, typer.Option(help="A folder for tickets.md, tickets.json, tickets.svg.")],
    column: Annotated[
        list[str] | None,
        typer.Option(help=f"OURS=THEIRS where a name differs; ours: {', '.join(COLUMNS)}."),
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(help="THEIRS=TYPE: a category of theirs is an issue type of the playbook."),
    ] = None,
    zone: Annotated[str, typer.Option(help="Where times without an offset were written.")] = "UTC",
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Report without the rows that cannot be read.")
    ] = False,
) -> None:
    """Group past tickets and show the ten issue types that weigh most; no text is kept."""
    playbook = load_playbook(folder)
    names, types = _pairs(column, "--column"), _pairs(category, "--category")
    _check_pairs(playbook, names, types)
    if not file.is_file():
        raise NoTickets(f"{file} is no file")
    history, problems = _read(playbook, file, names=names, types=types, zone=_zone(zone))
    for line in _told(file, problems):
        typer.echo(line, err=True)
    if problems and not leave_out:
        raise NoTickets(f"{len(problems)} rows to mend, nothing is written; or say --leave-out")
    made = report(history, pin=playbook.pin, digest=_digest(file), left_out=len(problems))
    _write(
        to,
        {
            "tickets.md": "\n".join((*to_markdown(made), "")),
            "tickets.json": json.dumps(made, indent=2, ensure_ascii=False) + "\n",
            "tickets.svg": to_svg(made),
        },
    )
    typer.echo(f"{history.tickets} tickets over {history.days} days: {to / 'tickets.md'}")


def _read(
    playbook: Playbook, file: Path, *, names: dict[str, str], types: dict[str, str], zone: tzinfo
) -> tuple[History, list[RowProblem]]:
    history, problems = History(), []
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as opened:
        rows = read_tickets(opened, names=names, zone=zone)
        for count, one in enumerate(rows, start=1):
            if isinstance(one, Ticket):
                issue_type, cue = recognise(playbook, one, types=types)
                history.add(one, issue_type=issue_type, cue=cue)
            else:
                problems.append(one)
            if count % _TOLD_EVERY == 0:
                typer.echo(f"{count} rows read", err=True)
    return history, problems


def _told(file: Path, problems: Sequence[RowProblem]) -> Iterator[str]:
    yield from (f"{file}:{problem}" for problem in problems[:_MOST_TOLD])
    if len(problems) > _MOST_TOLD:
        yield f"and {len(problems) - _MOST_TOLD} more"


def _pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    pairs = [one.partition("=") for one in given or ()]
    if not all(left and right for left, _, right in pairs):
        raise NoTickets(f"{option} takes LEFT=RIGHT")
    return {left: right for left, _, right in pairs}


def _check_pairs(playbook: Playbook, names: dict[str, str], types: dict[str, str]) -> None:
    if strangers := [name for name in names if name not in COLUMNS]:
        raise NoTickets(f"no column {strangers[0]}; there are: {', '.join(COLUMNS)}")
    if strangers := [code for code in types.values() if not playbook.issue_type(code)]:
        known = ", ".join(one.code for one in playbook.taxonomy.issue_types)
        raise NoTickets(f"no issue type {strangers[0]}; there are: {known}")


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NoTickets(f"no time zone {name}; say one like Europe/London") from None


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _write(folder: Path, texts: dict[str, str]) -> None:
    """Write all beside what is there, then put each in its place: no report is ever half one."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.new").write_text(text, encoding="utf-8")
    for name in texts:
        (folder / f"{name}.new").replace(folder / name)
