import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbook.load import PlaybookInvalid, load_all, load_playbook
from playbook.model import for_marketplace


@pytest.fixture
def copy(playbooks_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(playbooks_folder / "marketplace-core", tmp_path / "core"))


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer says {old}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(PlaybookInvalid) as caught:
        load_playbook(folder)
    return caught.value.problems


class TestLoadPlaybook:
    @pytest.mark.covers("PO-1", "GV-1")
    def test_reads_plain_files_into_one_pinned_version(self, copy: Path) -> None:
        playbook = load_playbook(copy)

        assert playbook.pin == "marketplace-core@1.0.0"
        assert len(playbook.digest) == 64

    @pytest.mark.covers("IN-2")
    def test_ships_all_issue_types(self, copy: Path) -> None:
        codes = {known.code for known in load_playbook(copy).taxonomy.issue_types}

        assert codes == {
            "account_suspension",
            "buyer_dispute",
            "chargeback",
            "counterfeit_complaint",
            "feature_request",
            "fraud_allegation",
            "identity_verification",
            "listing_error",
            "listing_suppression",
            "payment_dispute",
            "payout_hold",
            "policy_appeal",
            "policy_clarification",
            "shipment_dispute",
            "technical_integration",
            "trust_violation",
        }

    def test_is_named_in_a_log_and_not_told_in_full(self, copy: Path) -> None:
        playbook = load_playbook(copy)

        assert repr(playbook) == str(playbook) == "Playbook('marketplace-core@1.0.0')"

    def test_digests_what_is_said_not_how_it_is_laid_out(self, copy: Path) -> None:
        before = load_playbook(copy).digest
        edit(copy, "teams.yaml", "teams:\n", "# a comment\nteams:\n\n")
        after_comment = load_playbook(copy).digest
        edit(copy, "teams.yaml", "skills: [payouts]", "skills: [money]")

        assert after_comment == before
        assert load_playbook(copy).digest != before

    def test_names_every_problem_at_once_with_its_place(self, copy: Path) -> None:
        edit(copy, "teams.yaml", "kind: platform", "kind: plattform")
        edit(copy, "retention.yaml", "keep: 365d", "keep: forever")
        edit(copy, "guardrails.yaml", "appeal_always_offered: true\n", "")

        assert problems(copy) == (
            "teams.yaml:3:24: expected 'platform' or 'partner', found \"plattform\"",
            "guardrails.yaml:2:1: expected `appeal_always_offered`, found nothing",
            'retention.yaml:4:27: expected a duration like 90s, 15m, 8h or 14d, found "forever"',
        )

    @pytest.mark.parametrize(
        ("file", "old", "new", "line"),
        [
            (
                "teams.yaml",
                "teams:",
                "\tteams:",
                "teams.yaml:2:1: expected spaces at the beginning of a line, found a tab",
            ),
            (
                "teams.yaml",
                "queues:",
                "teams:",
                "teams.yaml:20:1: expected each key once here; an item of a list begins with -",
            ),
            (
                "teams.yaml",
                "secondary: seller_care, skills: [ver",
                "secondry: x, skills: [ver",
                "teams.yaml:21:44: expected a known key (clearance, ",
            ),
            (
                "teams.yaml",
                "id: verification, kind",
                "id: 2026-02-30, kind",
                "teams.yaml:1:1: expected plain YAML, found",
            ),
            ("teams.yaml", "id: verification, kind", "id: ! {}, kind", "teams.yaml:"),
            (
                "templates/en/payout_hold.update.md",
                "---\nid",
                "id",
                "templates/en/payout_hold.update.md:1:1: expected keys between two lines ---",
            ),
            (
                "templates/en/payout_hold.update.md",
                "kind: update",
                "kind: novel",
                "templates/en/payout_hold.update.md:5:1: expected 'ack',",
            ),
            (
                "templates/en/payout_hold.update.md",
                "id: payout_hold.update",
                "- payout_hold.update",
                "templates/en/payout_hold.update.md:",
            ),
            (
                "severity.yaml",
                "amount_at_risk: known",
                "amount_at_risk: [known]",
                "severity.yaml:9:53: expected text, in quotes if it is a number or a date",
            ),
        ],
    )
    def test_refuses_a_file_that_is_wrong_by_itself(
        self, copy: Path, file: str, old: str, new: str, line: str
    ) -> None:
        edit(copy, file, old, new)

        assert any(problem.startswith(line) for problem in problems(copy)), problems(copy)

    def test_misses_a_file_and_wonders_about_a_strange_one(self, copy: Path) -> None:
        (copy / "sla.yaml").unlink()
        (copy / "notes.txt").write_text("x")
        shutil.copytree(copy / "golden", copy / "again" / "golden")
        (copy / "again" / "playbook.yaml").write_text("x")
        (copy / "retention.yaml").write_bytes(b"\xff\xfe")
        (copy / "calendars.yaml").write_text("")

        assert problems(copy) == (
            "again/playbook.yaml:1:1: expected no playbook inside another, found again",
            "notes.txt:1:1: expected a file of a playbook, found another: take it away",
            "sla.yaml:1:1: expected the file, found none",
            "calendars.yaml:1:1: expected keys with values, like `title: …`, found null",
            "retention.yaml:1:1: expected UTF-8, found other bytes",
        )


with (Path(__file__).parent / "misfits.yaml").open(encoding="utf-8") as _file:
    MISFITS = yaml.safe_load(_file)


class TestChecksTogether:
    @pytest.mark.covers("ES-16", "SE-2")
    @pytest.mark.parametrize("misfit", MISFITS)
    def test_names_what_does_not_fit(self, copy: Path, misfit: dict[str, Any]) -> None:
        for change in (misfit, *([misfit["also"]] if "also" in misfit else ())):
            edit(copy, change["file"], change["old"], change["new"])

        found = [line for line in problems(copy) if f": expected {misfit['expected']}" in line]

        assert found, problems(copy)

    @pytest.mark.covers("RG-6")
    def test_asks_for_colleagues_words_in_english_only(self, copy: Path) -> None:
        edit(copy, "routing.yaml", ", de: Unterlagen in Ordnung und kein hoher Betrag.", "")

        assert load_playbook(copy).pin == "marketplace-core@1.0.0"

    def test_wants_every_letter_in_every_language_that_letters_exist_in(self, copy: Path) -> None:
        (copy / "templates/pl/seller_care.update.md").unlink()

        found = [line for line in problems(copy) if "the same letter in `pl`" in line]

        assert len(found) == 4

    def test_gives_line_and_column(self, copy: Path) -> None:
        edit(copy, "teams.yaml", "calendar: finance-uk", "calendar: finance-fr")

        (problem,) = problems(copy)
        assert problem.startswith("teams.yaml:5:34: expected a known calendar (always, ")
        assert problem.endswith("), found finance-fr")

    def test_refuses_a_result_that_is_open(self, copy: Path) -> None:
        text = (copy / "handoffs/finance.yaml").read_text(encoding="utf-8")
        head, _, _ = text.rpartition("  additionalProperties: false")
        (copy / "handoffs/finance.yaml").write_text(head, encoding="utf-8")

        assert any("an open object" in line for line in problems(copy))


class TestLoadAll:
    def test_keeps_versions_side_by_side_and_serves_the_newest(
        self, copy: Path, tmp_path: Path
    ) -> None:
        newer = shutil.copytree(copy, tmp_path / "next")
        edit(newer, "playbook.yaml", "version: 1.0.0\ntitle", "version: 1.10.0\ntitle")

        playbooks = load_all(tmp_path)

        assert set(playbooks) == {"marketplace-core@1.0.0", "marketplace-core@1.10.0"}
        newest = for_marketplace(playbooks, "harbour")
        assert newest is not None
        assert newest.pin == "marketplace-core@1.10.0"
        assert for_marketplace(playbooks, "elsewhere") is None

    def test_tells_which_playbook_is_wrong(self, copy: Path, tmp_path: Path) -> None:
        edit(copy, "teams.yaml", "kind: partner", "kind: stranger")

        with pytest.raises(PlaybookInvalid, match=r"^core/teams\.yaml:5:"):
            load_all(tmp_path)
