"""Past tickets: read row by row, grouped, reported; no text kept, nothing half done."""

import io
import json
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from playbook.cli import app, main
from playbook.model import Playbook
from playbook.ticket_report import UNRECOGNISED, History, recognise, report, to_markdown
from playbook.tickets import NoTickets, RowProblem, Ticket, read_tickets
from small_playbook import SMALL

HEAD = "id,opened_at,closed_at,issue_type,subject,description,reopened,handoff\n"
NAME = "Jane Doe"
ROWS = (
    "1,2026-08-01T08:00:00Z,2026-08-02T08:00:00Z,listing_suppression,Hidden,"
    f'"{NAME} writes\nin two lines",0,yes\n'
    "2,2026-08-01 09:00,,Money stuff,Hello,,3,no\n"
    "3,2026-10-09T08:00:00+02:00,2026-10-09T09:30:00+02:00,,,,,\n"
)


def read(text: str, **names: str) -> list[Ticket | RowProblem]:
    return [*read_tickets(io.StringIO(text, newline=""), names=names, zone=UTC)]


def problems(text: str) -> list[str]:
    return [str(one) for one in read(text) if isinstance(one, RowProblem)]


def a_ticket(**cells: str) -> Ticket:
    usual = {"id": "1", "opened_at": "2026-08-01", "issue_type": "", "subject": ""} | cells
    [ticket] = read(f"{','.join(usual)}\n{','.join(usual.values())}\n")
    assert isinstance(ticket, Ticket)
    return ticket


class TestReadTickets:
    def test_takes_rows_over_lines_and_moments_of_a_zone(self) -> None:
        file = io.StringIO(HEAD + ROWS, newline="")

        rows = [*read_tickets(file, names={}, zone=ZoneInfo("Europe/Berlin"))]

        tickets = [one for one in rows if isinstance(one, Ticket)]
        assert [one.handoff for one in tickets] == [True, False, False]
        assert [one.reopened for one in tickets] == [0, 3, 0]
        assert tickets[1].opened_at.astimezone(UTC).hour == 7

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("id,opened_at\n,2026-08-01\n", "2:1: id: expected the ticket's number"),
            ("id,opened_at\n1,yesterday\n", "2:2: opened_at: expected a moment like"),
            ("id,opened_at\n1,\n", "2:2: opened_at: expected a moment like"),
            ("opened_at,id\n2026-08-01,1\n2026-08-01,1\n", "3:2: id: expected each ticket once"),
            ("id,opened_at\n1\n", "2:1: row: expected 2 cells as in the first row, not 1"),
            ("id,opened_at,reopened\n1,2026-08-01,-1\n", "2:3: reopened: expected how often"),
            ("id,opened_at,handoff\n1,2026-08-01,maybe\n", "2:3: handoff: expected yes or no"),
            ("id,opened_at,subject\n1,2026-08-01,\udcff\n", "2:3: subject: expected a text in"),
            ('id,opened_at\n"1,2026-08-01\n', "2:1: row: expected cells in closed quotes"),
            (
                "id,opened_at,closed_at\n1,2026-08-02,2026-08-01\n",
                "2:3: closed_at: expected no moment before it was opened",
            ),
        ],
    )
    def test_says_of_a_bad_row_where_and_what_it_should_be(self, text: str, said: str) -> None:
        [problem] = problems(text)

        assert problem.startswith(said)

    def test_goes_on_behind_a_bad_row_and_names_its_line(self) -> None:
        text = f'{HEAD}{ROWS}4,never,,,{NAME},"two\nlines",,\n5,2026-08-01,,,,,,\n6,?,,,,,,\n'

        assert [one.split(":")[0] for one in problems(text)] == ["6", "9"]
        assert all(NAME not in one for one in problems(text))

    @pytest.mark.parametrize(
        ("text", "names", "said"),
        [
            ("", {}, "no first row"),
            ("id,when\n", {}, "no column opened_at; say --column opened_at=NAME"),
            ("id,opened_at,id\n", {}, "the column id is there twice"),
            ("id,opened_at\n", {"subject": "Title"}, "no column Title"),
        ],
    )
    def test_refuses_what_is_no_file_of_tickets(
        self, text: str, names: dict[str, str], said: str
    ) -> None:
        with pytest.raises(NoTickets, match=said):
            read(text, **names)


class TestRecognise:
    @pytest.mark.parametrize(
        ("cells", "types", "group"),
        [
            ({"issue_type": "payout_hold"}, {}, ("payout_hold", "-")),
            ({"issue_type": "Money"}, {"Money": "payout_hold"}, ("payout_hold", "-")),
            (
                {"issue_type": "Money", "subject": "My payout was paused"},
                {},
                ("payout_hold", "payout_paused"),
            ),
            ({"issue_type": "Money", "subject": "Hello"}, {}, (UNRECOGNISED, "-")),
        ],
    )
    def test_goes_by_the_category_then_by_the_words(
        self,
        playbook: Playbook,
        cells: dict[str, str],
        types: dict[str, str],
        group: tuple[str, str],
    ) -> None:
        assert recognise(playbook, a_ticket(**cells), types=types) == group


class TestReport:
    @pytest.mark.covers("IN-17")
    def test_ranks_types_by_volume_run_time_and_reopenings(self) -> None:
        history = History()
        for issue_type, count, hours, reopened in (
            ("often", 9, 1, 0),
            ("slow", 2, 90, 1),
            ("again", 3, 5, 4),
            (UNRECOGNISED, 50, 500, 9),
        ):
            for _ in range(count):
                closed = f"2026-08-{1 + hours // 24:02}T{hours % 24:02}:00"
                cells = {"closed_at": closed, "reopened": str(reopened)}
                history.add(a_ticket(**cells), issue_type=issue_type, cue="-")

        made = report(history, pin="p@1", digest="0", left_out=0)

        assert made["top"] == {
            "volume": ["often", "again", "slow"],
            "run_time": ["slow", "again", "often"],
            "reopens": ["again", "slow"],
        }
        [slow] = [one for one in made["issue_types"] if one["issue_type"] == "slow"]
        assert (slow["median_hours"], slow["p90_hours"], slow["longest_hours"]) == (90, 90, 90)
        assert "Fewer than 60 days" in "\n".join(to_markdown(made))

    def test_takes_no_more_than_nine_of_ten_for_the_long_ones(self) -> None:
        history = History()
        for hours in range(1, 21):
            moved = f"2026-08-01T{hours:02}:00"
            history.add(a_ticket(closed_at=moved), issue_type="x", cue="-")

        [shown] = report(history, pin="p@1", digest="0", left_out=0)["issue_types"]

        assert (shown["median_hours"], shown["p90_hours"]) == (10.5, 18)

    def test_names_no_more_than_ten(self) -> None:
        history = History()
        for number in range(12):
            history.add(a_ticket(), issue_type=f"type_{number:02}", cue="-")

        made = report(history, pin="p@1", digest="0", left_out=0)

        assert made["top"]["volume"] == [f"type_{number:02}" for number in range(10)]
        assert made["top"]["run_time"] == []


def run(file: Path, to: Path, *more: str) -> Result:
    words = ["import-tickets", str(SMALL), str(file), "--to", str(to), *more]
    return CliRunner().invoke(app, words)


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}


def stopped(words: Sequence[str | Path]) -> object:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return ended.value.code


class TestCommand:
    @pytest.mark.covers("IN-16")
    def test_writes_the_same_report_again_and_no_text(self, tmp_path: Path) -> None:
        file, to = tmp_path / "tickets.csv", tmp_path / "out"
        file.write_text(HEAD + ROWS, encoding="utf-8")

        first = run(file, to)
        written = texts(to)
        again = run(file, to)

        assert (first.exit_code, again.exit_code) == (0, 0), first.output
        assert texts(to) == written
        assert [*written] == ["tickets.json", "tickets.md", "tickets.svg"]
        made = json.loads(written["tickets.json"])
        assert (made["tickets"], made["days"]) == (3, 69)
        assert made["issue_types"][1] == {
            "issue_type": "listing_suppression",
            "tickets": 1,
            "closed": 1,
            "median_hours": 24.0,
            "p90_hours": 24.0,
            "longest_hours": 24.0,
            "reopened": 0,
            "reopens": 0,
            "handoffs": 1,
        }
        assert not any(NAME in text or "Money stuff" in text for text in written.values())
        assert ET.fromstring(written["tickets.svg"]).tag.endswith("svg")  # noqa: S314 - our own

    def test_writes_nothing_while_a_row_is_bad(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file, to = tmp_path / "tickets.csv", tmp_path / "out"
        file.write_text(f"{HEAD}{ROWS}{NAME},then,,,,,,\n", encoding="utf-8")

        code = stopped(["import-tickets", SMALL, file, "--to", to])

        said = capsys.readouterr().err
        assert (code, to.exists()) == (1, False)
        assert f"{file}:6:2: opened_at: expected a moment" in said
        assert "1 rows to mend, nothing is written" in said
        assert NAME not in said

    def test_may_leave_bad_rows_out_and_says_how_many(self, tmp_path: Path) -> None:
        file, to = tmp_path / "tickets.csv", tmp_path / "out"
        file.write_text(f"{HEAD}{ROWS}4,then,,,,,,\n", encoding="utf-8")

        result = run(file, to, "--leave-out")

        assert result.exit_code == 0, result.output
        assert "3 tickets over 69 days" in texts(to)["tickets.md"]
        assert "1 rows left out" in texts(to)["tickets.md"]

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            (["--column", "opened=When"], "no column opened; there are: id, opened_at"),
            (["--column", "opened_at"], "--column takes LEFT=RIGHT"),
            (["--category", "Money=of_tomorrow"], "no issue type of_tomorrow; there are:"),
            (["--zone", "Mars/Olympus"], "no time zone Mars/Olympus"),
        ],
    )
    def test_says_which_option_is_wrong(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
    ) -> None:
        file = tmp_path / "tickets.csv"
        file.write_text(HEAD + ROWS, encoding="utf-8")

        code = stopped(["import-tickets", SMALL, file, "--to", tmp_path / "out", *more])

        assert code == 1
        assert said in capsys.readouterr().err
