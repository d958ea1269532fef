"""The command, as a support manager uses it: on files, with nothing running."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from playbook.cells import Ranges
from playbook.cli import app, main
from playbook.compiled import Route, compiled
from playbook.load import PlaybookInvalid, load_playbook
from small_playbook import SMALL

CORE = Path(__file__).parents[3] / "playbooks" / "marketplace-core"
E1 = CORE / "golden" / "e1_ceramics.yaml"
HIGH_AMOUNT = """rule: payout_hold_high_amount
        when: {financial: ">= high"}
"""


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def stopped(*words: str | Path) -> int:
    """Run the whole command as the shell does, down to its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def in_a_process(*words: str | Path, hash_seed: str) -> str:
    command = [sys.executable, "-m", "playbook", *map(str, words)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    return done.stdout


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Copy the playbook, for a change."""
    return Path(shutil.copytree(CORE, tmp_path / "core"))


def replace(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


class TestLint:
    def test_says_that_a_playbook_is_sound(self) -> None:
        found = run("lint", CORE, "--on", "2026-11-23")

        assert found.exit_code == 0
        assert "is sound: 16 issue types" in found.output

    @pytest.mark.parametrize(
        ("old", "new", "note"),
        [
            ("\nversion: 1.0.0", "\nversion: 1.1.0", "the changelog says nothing of version 1.1.0"),
            (
                "changelog:\n",
                "changelog:\n  - {version: 1.1.0, on: 2026-11-24, change: A., rationale: B.}\n",
                "the newest version of the changelog is 1.1.0, not 1.0.0",
            ),
        ],
    )
    def test_mentions_what_nobody_has_to_mend(
        self, other: Path, old: str, new: str, note: str
    ) -> None:
        replace(other, "playbook.yaml", old, new)

        found = run("lint", other, "--on", "2026-11-23")

        said = found.output.splitlines()[1]
        assert found.exit_code == 0
        assert said == f"playbook.yaml:1:1: note: {note}"
        articles = [line.split(": note: ")[0] for line in found.output.splitlines()[2:]]
        assert len(articles) == len(set(articles))

    def test_tells_every_problem_with_its_place(
        self, other: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        replace(other, "routing.yaml", HIGH_AMOUNT, HIGH_AMOUNT.replace('high"', 'huge"'))
        replace(other, "routing.yaml", "queue: triage", "queue: nowhere")

        code = stopped("lint", other)

        lines = capsys.readouterr().err.splitlines()
        assert code == 1
        assert [line.split(":")[0] for line in lines[:-1]] == ["routing.yaml", "routing.yaml"]
        assert lines[-1] == "2 to mend."

    @pytest.mark.covers("GV-9")
    def test_tells_what_is_past_its_review_date(self, capsys: pytest.CaptureFixture[str]) -> None:
        code = stopped("lint", CORE, "--on", "2027-05-02")

        lines = capsys.readouterr().err.splitlines()
        assert code == 1
        assert lines[0].startswith("playbook.yaml:7:1: expected a review date that is still to")

    def test_says_what_to_name_when_there_is_no_playbook(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert stopped("lint", tmp_path) == 1
        assert "name a folder with a playbook.yaml in it" in capsys.readouterr().err


class TestTest:
    def test_holds_for_the_core(self) -> None:
        found = run("test", CORE)

        assert (found.exit_code, "golden cases hold" in found.output) == (0, True)

    def test_tells_what_came_otherwise(self, other: Path) -> None:
        replace(other, "golden/e1_ceramics.yaml", "queue: verification", "queue: triage")

        found = run("test", other)

        assert found.exit_code == 1
        place = "golden/e1_ceramics.yaml:1:1: e1_ceramics"
        assert f"{place}\n  queue: expected triage, found verification" in found.output

    def test_says_where_in_a_set_a_case_stands(self, other: Path) -> None:
        old = "expect: {financial: medium, queue: seller_care, authority_level: 2}"
        replace(other, "golden/sets/money.yaml", old, old.replace("seller_care", "triage"))

        found = run("test", other)

        assert "golden/sets/money.yaml:12:5: payout_just_below_high\n" in found.output


class TestExplain:
    @pytest.mark.covers("RT-11")
    def test_tells_the_row_and_the_nearest_that_did_not_hold(self) -> None:
        found = run("explain", CORE, E1)

        assert found.exit_code == 0
        assert "by the row payout_hold_missing_evidence" in found.output
        assert "not payout_hold_high_amount (finance_desk): financial is at least high: medium" in (
            found.output
        )

    def test_tells_of_names_that_the_playbook_does_not_know(self, tmp_path: Path) -> None:
        case = tmp_path / "case.yaml"
        text = E1.read_text(encoding="utf-8").replace("region: UK", "region: Germany")
        text = text.replace("marketplace: harbour", "marketplace: harbor")
        case.write_text(text.replace("type: payout_hold", "type: payout_holds"), encoding="utf-8")

        found = run("explain", CORE, case)

        assert found.output.splitlines()[1:4] == [
            "Region Germany is not known here: served as UK",
            "Marketplace harbor is not known here; known are: harbour, bazaar, harbour-demo",
            "Issue type payout_holds is not known here: a person classifies the case",
        ]

    def test_says_what_is_wrong_with_a_case(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        case = tmp_path / "case.json"
        case.write_text(json.dumps({"tier": "smb", "shoe_size": 43}), encoding="utf-8")

        assert stopped("explain", CORE, case) == 1
        said = capsys.readouterr().err
        assert f"{case}:1:1: expected `region`, found nothing" in said
        assert f"{case}:1:17: expected a known key (" in said
        assert said.rstrip().endswith(", tier), found `shoe_size`")

    def test_says_what_no_form_would_take(self, tmp_path: Path) -> None:
        case = tmp_path / "case.yaml"
        golden = E1.read_text(encoding="utf-8")
        case.write_text(golden.replace("payout_ref:", "payout_reff:"), encoding="utf-8")

        told = run("explain", CORE, case)

        assert "a form would refuse /facts/payout_reff: payout_hold has no such" in told.stderr
        assert "Queue: verification" in told.stdout

    def test_writes_amounts_as_people_do(self, other: Path) -> None:
        by_amount = HIGH_AMOUNT.replace(
            'financial: ">= high"', 'amount_at_risk: ">= 9000 GBP | >= 9000 EUR | >= 9000 USD"'
        )
        replace(other, "routing.yaml", HIGH_AMOUNT, by_amount)

        told = run("explain", other, E1).output

        at_least = "amount_at_risk is at least 9000.00 GBP, 9000.00 EUR, 9000.00 USD"
        assert f"{at_least}: 1840.50 GBP seen" in told


class TestDiff:
    def test_finds_no_difference_to_itself(self) -> None:
        assert "no differences" in run("diff", CORE, CORE).output

    def test_tells_which_cases_go_elsewhere_with_one_of_them(self, other: Path) -> None:
        replace(other, "routing.yaml", HIGH_AMOUNT, HIGH_AMOUNT.replace('high"', 'medium"'))

        found = run("diff", CORE, other)

        assert (
            "payout_hold: from seller_care (payout_hold_default) to finance_desk "
            "(payout_hold_high_amount), for instance facts.hold_code absent, "
            "facts.delivery absent, facts.earlier_contacts absent, "
            "facts.payouts_affected absent, repeats 3, financial medium, "
            "missing_evidence absent"
        ) in found.output

    def test_gives_the_same_example_in_every_process(self, other: Path) -> None:
        """Sets of words have another order in each: it was this currency now, then that one."""
        amounts = 'when: {amount_at_risk: ">= 5000.00 GBP | >= 6000.00 EUR | >= 6500.00 USD"}'
        replace(other, "routing.yaml", 'when: {financial: ">= high"}', amounts)

        told = {in_a_process("diff", CORE, other, hash_seed=seed) for seed in ("1", "2")}

        assert len(told) == 1

    def test_judges_golden_cases_by_both(self, other: Path) -> None:
        replace(other, "severity.yaml", ">= 500.00 GBP", ">= 5000.00 GBP")

        found = run("diff", CORE, other)

        assert "golden e1_ceramics: was payout_hold, medium" in found.output
        assert "now payout_hold, low" in found.output


class TestGraph:
    def test_draws_rows_from_the_top(self) -> None:
        lines = run("graph", CORE, "--issue-type", "payout_hold").output.splitlines()

        assert lines[0] == "flowchart TD"
        assert any('-- yes --> q1[/"finance_desk"/]' in line for line in lines)

    def test_draws_a_ladder(self) -> None:
        assert "l1 --> l2" in run("graph", CORE, "--ladder", "standard").output

    def test_draws_a_tree(self) -> None:
        lines = run("graph", SMALL, "--tree", "listing_not_visible").output.splitlines()

        assert '  n0{"What does the notice say?"}' in lines
        assert '  n0 -- "A policy is named" --> n1' in lines
        assert '  n4(["Send the invoice of your supplier.<br/>policy_breach"])' in lines

    def test_names_what_there_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert stopped("graph", CORE, "--ladder", "rope") == 1
        assert "there are: payout_hold, standard, high_impact, operators" in capsys.readouterr().err


class TestSimulate:
    def test_shows_who_would_have_how_much_to_do(self, other: Path, tmp_path: Path) -> None:
        replace(other, "routing.yaml", "queue: finance_desk", "queue: elsewhere")
        replace(other, "routing.yaml", "queue: verification", "queue: finance_desk")
        replace(other, "routing.yaml", "queue: elsewhere", "queue: verification")
        text = E1.read_text(encoding="utf-8")
        case = text[text.index("case:") : text.index("expect:")].removeprefix("case:\n")
        cases = tmp_path / "cases.yaml"
        item = "- " + case.replace("\n  ", "\n  ").lstrip()
        cases.write_text(item * 3, encoding="utf-8")

        found = run("simulate", CORE, other, cases)

        lines = [" ".join(line.split()) for line in found.output.splitlines()]
        assert "verification 3 0" in lines
        assert "finance_desk 0 3" in lines


class TestPack:
    def test_is_the_same_for_the_same_content(self, tmp_path: Path) -> None:
        run("pack", CORE, tmp_path / "one.zip")
        run("pack", CORE, tmp_path / "two.zip")

        found = run("unpack", tmp_path / "one.zip", tmp_path / "out")

        assert found.exit_code == 0
        assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
        assert run("diff", CORE, tmp_path / "out").output.strip().endswith("no differences")

    def test_refuses_what_was_changed(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        packed = tmp_path / "one.zip"
        run("pack", CORE, packed)
        packed.write_bytes(packed.read_bytes()[:-200])

        assert stopped("unpack", packed, tmp_path / "out") == 1
        assert "cannot be read as a pack" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


def _amounts(routes: tuple[Route, ...]) -> list[Ranges]:
    """Find the cells with amounts: each becomes a rule for each of its currencies."""
    cells = [cell for route in routes for row in route.table.cells for cell in row.values()]
    return [cell for cell in cells if isinstance(cell, Ranges) and cell.column.kind == "money"]


class TestExport:
    def test_writes_a_rule_for_each_row_as_dmn(self) -> None:
        root = ET.fromstring(run("export", CORE).output)  # noqa: S314 - our own output

        rules = [one for one in root.iter() if one.tag.endswith("}rule")]
        routes = compiled(load_playbook(CORE)).routes
        ranges = [len(cell.ranges) for cell in _amounts(routes)]
        assert len(ranges) > 0
        assert len(rules) == sum(len(route.rows) for route in routes) + sum(ranges) - len(ranges)

    def test_writes_one_expression_as_cel(self) -> None:
        said = run("export", CORE, "--to", "cel").output

        assert said.strip().endswith('"seller_care"')
        assert (
            '(has(case.financial) && case.financial in ["critical", "high"]) ? "finance_desk"'
            in (said)
        )


def test_the_loader_and_the_command_agree_on_what_is_no_playbook(other: Path) -> None:
    replace(other, "routing.yaml", "triage_queue: triage", "triage_queue: later")

    found = run("lint", other)

    assert isinstance(found.exception, PlaybookInvalid)
