import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from past_texts import SAID, past_texts, write_csv
from playbook.history import History, HistoryInvalid, read_history

LABELS = (*SAID, "shipment_dispute")
HEAD = "text,label,occurred_at\n"


def read(folder: Path, text: str | bytes, name: str = "past.csv") -> History:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return read_history(folder / name, LABELS)


def problems(folder: Path, text: str | bytes, name: str = "past.csv") -> list[str]:
    """Read a file that cannot be used, and tell what is said of it, without its folder."""
    with pytest.raises(HistoryInvalid) as caught:
        read(folder, text, name)
    return [line.removeprefix(f"{folder}/") for line in caught.value.problems]


class TestReadHistory:
    def test_puts_the_oldest_first(self, tmp_path: Path) -> None:
        rows = past_texts(60)
        path = write_csv(tmp_path / "past.csv", list(reversed(rows)))

        found = read_history(path, LABELS)

        assert [row.text for row in found.rows] == [row.text for row in rows]
        assert found.rows[0].line == 61
        assert found.rows[0].language == "en"

    def test_reads_json_lines(self, tmp_path: Path) -> None:
        rows = [
            {"text": row.text, "label": row.label, "occurred_at": f"{row.occurred_at.date()}"}
            for row in past_texts(60)
        ]

        found = read(tmp_path, "\n".join(map(json.dumps, rows)) + "\n\n", "past.jsonl")

        assert len(found.rows) == 60
        assert found.rows[0].occurred_at == datetime(2026, 1, 1, tzinfo=UTC)
        assert found.rows[0].language == "und"

    def test_counts_lines_past_texts_of_several_lines(self, tmp_path: Path) -> None:
        found = problems(
            tmp_path, HEAD + '"one\ntwo",chargeback,2026-01-01\nx,nothing,2026-01-01\n'
        )

        assert [line.split(" ")[0] for line in found] == ["past.csv:4:"]

    def test_tells_every_row_that_is_wrong(self, tmp_path: Path) -> None:
        text = (
            HEAD.encode()
            + b"good text,chargeback,2026-01-01\n"
            + b"bad byte \xff,chargeback,2026-01-01\n"
            + b"no such label,gone,2026-01-01\n"
            + b"no date,chargeback,yesterday\n"
            + b",chargeback,2026-01-01\n"
            + b"too,many,cells,2026-01-01\n"
            + b'"quoted" badly,chargeback,2026-01-01\n'
            + b"\n"
            + b"...,chargeback,2026-01-01T10:00:00+02:00\n"
        )

        found = problems(tmp_path, text)

        assert [(line.split(" ")[0], line.split(" ", 1)[1][:24]) for line in found] == [
            ("past.csv:3:", "`text` is not UTF-8; sav"),
            ("past.csv:4:", "`label` 'gone' is no iss"),
            ("past.csv:5:", "`occurred_at` 'yesterday"),
            ("past.csv:6:", "no `text`; fill it in, o"),
            ("past.csv:7:", "4 cells, expected 3; quo"),
            ("past.csv:8:", "no row of CSV (',' expec"),
            ("past.csv:10:", "`text` holds no word; ta"),
        ]

    def test_tells_every_line_that_is_no_row(self, tmp_path: Path) -> None:
        lines = ["{", "[]", '{"text": 5, "label": "chargeback"}', "[" * 100_000]

        found = problems(tmp_path, "\n".join(lines), "past.jsonl")

        assert [line.split(" (")[0] for line in found] == [
            "past.jsonl:1: no JSON",
            'past.jsonl:2: no object; write {"text": …, "label": …, "occurred_at": …}',
            "past.jsonl:3: `text` is no text; write it in quotes",
            "past.jsonl:3: no `occurred_at`; fill it in, or take the row out",
            "past.jsonl:4: no JSON",
        ]

    def test_names_the_columns_that_are_missing(self, tmp_path: Path) -> None:
        found = problems(tmp_path, "\ufefftext;label;when\n")

        assert found == [
            (
                "past.csv:1: no column text, label, occurred_at; found: text;label;when; "
                "add it to the first line"
            )
        ]

    def test_names_types_with_too_few_different_texts(self, tmp_path: Path) -> None:
        rows = [f"text {'a' * at},chargeback,2026-01-01" for at in range(12)]
        rows += ["the same,payout_hold,2026-01-01"] * 30

        found = problems(tmp_path, HEAD + "\n".join(rows))

        assert found == [
            (
                "past.csv:14: 1 different texts of payout_hold, expected 10 at least; add some, "
                "or take its rows out"
            )
        ]

    def test_wants_two_types(self, tmp_path: Path) -> None:
        rows = [f"text {'a' * at},chargeback,2026-01-01" for at in range(12)]

        found = problems(tmp_path, HEAD + "\n".join(rows))

        assert found == ["past.csv:1: texts of 1 issue types, expected two at least; add more rows"]

    def test_tells_the_first_forty_and_how_many_there_are(self, tmp_path: Path) -> None:
        found = problems(tmp_path, HEAD + "x,gone,2026-01-01\n" * 50)

        assert len(found) == 41
        assert found[-1] == "past.csv: and 10 more"

    @pytest.mark.parametrize("name", ["past.xlsx", "folder.csv"])
    def test_says_which_files_it_reads(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "folder.csv").mkdir()

        with pytest.raises(HistoryInvalid, match=r"name a file that ends in|cannot be read"):
            read_history(tmp_path / name, LABELS)

    def test_reads_an_empty_file_as_one_without_columns(self, tmp_path: Path) -> None:
        assert "found: none" in problems(tmp_path, "")[0]
