"""The processes' log files on a terminal: each line with its process in front, in its colour."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta")
_LAST_LINES = 20


def show_last(
    folder: Path, processes: Iterable[str], console: Console, *, lines: int | None = None
) -> None:
    """Print the last lines of each log: as many as asked; else a few for people, all for `grep`."""
    many = lines or (_LAST_LINES if console.is_terminal else None)
    for name in processes:
        path = folder / f"{name}.log"
        written = path.read_text(errors="replace").splitlines() if path.exists() else []
        for line in written[-many:] if many else written:
            print_line(console, name, line)


def follow(
    folder: Path,
    processes: Callable[[], Iterable[str]],
    console: Console,
    *,
    while_: Callable[[], bool],
) -> None:
    """Print what is appended to the logs, also to new ones, as long as `while_` says so."""
    places = {name: _size(folder / f"{name}.log") for name in processes()}
    while while_():
        for name in processes():
            path = folder / f"{name}.log"
            lines, places[name] = _new_lines(path, places.get(name, 0))
            for line in lines:
                print_line(console, name, line)
        time.sleep(0.2)


def names(folder: Path) -> list[str]:
    """List the processes that have a log."""
    return sorted(path.stem for path in folder.glob("*.log"))


def print_line(console: Console, process: str, line: str) -> None:
    colour = _COLOURS[sum(process.encode()) % len(_COLOURS)]
    console.print(Text(f"{process:>12} │ ", style=colour), Text(line), sep="", soft_wrap=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _new_lines(path: Path, place: int) -> tuple[Iterator[str], int]:
    """Read the whole lines after a place; a shorter file was started anew."""
    if not path.exists():
        return iter(()), 0
    start = place if _size(path) >= place else 0
    with path.open("rb") as file:
        file.seek(start)
        fresh = file.read()
    whole = fresh[: fresh.rfind(b"\n") + 1]
    return iter(whole.decode(errors="replace").splitlines()), start + len(whole)
