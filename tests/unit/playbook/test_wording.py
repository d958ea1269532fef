"""The typical slips of whoever edits a file by hand, and what they are told."""

import shutil
from pathlib import Path

import pytest

from playbook.load import PlaybookInvalid, load_playbook
from playbook.pack import pack
from small_playbook import SMALL

CARD = "playbook.yaml"
TITLE = "title: "
SLIPS = [
    pytest.param("id: small", "id: small town", "1:1: expected a code (letters, ", id="a space"),
    pytest.param("version: 1.0.0", "version: 0.1", "2:1: expected text, in quotes", id="a number"),
    pytest.param(
        "version: 1.0.0", "version: 1.0", "2:1: expected text, in quotes if it", id="two numbers"
    ),
    pytest.param(TITLE, "title: Ours: ", "lines that belong together in one column", id="colons"),
    pytest.param(TITLE, "title:", "expected a colon and a space after the key", id="no space"),
    pytest.param(TITLE, "\ttitle: ", "expected spaces at the beginning", id="a tab"),
    pytest.param(TITLE, "  title: ", "expected ", id="further right"),
    pytest.param(TITLE, "title: >= ", "expected ", id="a sign first"),
    pytest.param(TITLE, "titel: ", "expected a known key (approvers, ", id="misspelt"),
]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "mine"))


def slip(mine: Path, file: str, old: str, new: str) -> tuple[str, ...]:
    path = mine / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PlaybookInvalid) as caught:
        load_playbook(mine)
    return caught.value.problems


class TestASlip:
    @pytest.mark.covers("GV-9")
    @pytest.mark.parametrize(("old", "new", "told"), SLIPS)
    def test_is_told_in_plain_words(self, mine: Path, old: str, new: str, told: str) -> None:
        problems = slip(mine, CARD, old, new)

        assert any(told in one for one in problems), problems
        assert all(one.startswith(f"{CARD}:") for one in problems)
        assert not [one for one in problems if "^[" in one or "Input should" in one]

    def test_of_a_comma_asks_for_quotes(self, mine: Path) -> None:
        problems = slip(mine, "routing.yaml", "reason: {en: ", "reason: {en: Large, so ")

        assert any("needs double quotes around it" in one for one in problems), problems

    def test_of_a_bracket_asks_for_it(self, mine: Path) -> None:
        [problem] = slip(mine, "routing.yaml", '">= high"}', '">= high"')

        assert "expected a comma, or the } for a { further up" in problem

    def test_of_a_time_shows_one(self, mine: Path) -> None:
        golden = next((mine / "golden").glob("*.yaml"))
        problems = slip(mine, f"golden/{golden.name}", ":00:00Z", ":00:00")

        assert any("expected a time like 2026-11-24T09:00:00Z" in one for one in problems)


class TestAStrangeFile:
    @pytest.mark.parametrize(
        ("name", "advice"),
        [
            ("golden/late.yml", "name it golden/late.yaml"),
            ("golden/late.yaml.txt", "name it golden/late.yaml"),
            ("golden/late.yaml~", "take it away"),
            ("notes.docx", "take it away"),
        ],
    )
    def test_is_told_with_what_to_do(self, mine: Path, name: str, advice: str) -> None:
        (mine / name).write_text("x", encoding="utf-8")

        with pytest.raises(PlaybookInvalid) as caught:
            load_playbook(mine)

        told = f"{name}:1:1: expected a file of a playbook, found another: {advice}"
        assert caught.value.problems == (told,)

    def test_of_a_system_or_of_version_control_is_left_alone(
        self, mine: Path, tmp_path: Path
    ) -> None:
        _, before = pack(mine, tmp_path / "before.zip")
        (mine / ".DS_Store").write_bytes(b"\x00")
        (mine / ".git").mkdir()
        (mine / ".git" / "config").write_text("[core]", encoding="utf-8")

        _, after = pack(mine, tmp_path / "after.zip")

        assert after == before
