from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from stack.logs import follow, names, show_last

LONG = "".join(f"line {n}\n" for n in range(100))


@pytest.fixture
def terminal() -> Console:
    return Console(file=StringIO(), width=200)


def shown(terminal: Console) -> list[str]:
    assert isinstance(terminal.file, StringIO)
    return [" ".join(line.split()) for line in terminal.file.getvalue().splitlines()]


class TestShowLast:
    def test_puts_the_process_in_front(self, tmp_path: Path, terminal: Console) -> None:
        (tmp_path / "router.log").write_text("routed [case]\n")

        show_last(tmp_path, ["router", "intake"], terminal)

        assert shown(terminal) == ["router │ routed [case]"]

    def test_shows_people_the_end_of_a_long_log(self, tmp_path: Path) -> None:
        (tmp_path / "router.log").write_text(LONG)
        seen = Console(file=StringIO(), width=200, force_terminal=True, color_system=None)

        show_last(tmp_path, ["router"], seen)

        assert shown(seen)[-1] == "router │ line 99"
        assert len(shown(seen)) == 20

    def test_gives_a_pipe_all_of_it(self, tmp_path: Path, terminal: Console) -> None:
        (tmp_path / "router.log").write_text(LONG)

        show_last(tmp_path, ["router"], terminal)

        assert len(shown(terminal)) == 100

    def test_shows_as_many_lines_as_asked(self, tmp_path: Path, terminal: Console) -> None:
        (tmp_path / "router.log").write_text(LONG)

        show_last(tmp_path, ["router"], terminal, lines=2)

        assert shown(terminal) == ["router │ line 98", "router │ line 99"]


class TestFollow:
    def test_shows_whole_lines_as_they_come(self, tmp_path: Path, terminal: Console) -> None:
        log = tmp_path / "router.log"
        log.write_text("before\n")
        appended = iter(["one\ntw", "o\n", ""])

        def go_on() -> bool:
            text = next(appended)
            with log.open("a") as file:
                file.write(text)
            return bool(text)

        follow(tmp_path, lambda: names(tmp_path), terminal, while_=go_on)

        assert shown(terminal) == ["router │ one", "router │ two"]

    def test_joins_a_log_that_begins_later(self, tmp_path: Path, terminal: Console) -> None:
        rounds = iter([True, False])

        def go_on() -> bool:
            (tmp_path / "audit.log").write_text("started\n")
            return next(rounds)

        follow(tmp_path, lambda: names(tmp_path), terminal, while_=go_on)

        assert shown(terminal) == ["audit │ started"]
