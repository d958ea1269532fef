from datetime import date
from pathlib import Path

import pytest

from playbook.load import PlaybookInvalid, load_playbook, load_reviewed
from playbook.trees import Question
from small_playbook import Spoil

FILE = "trees/listing_not_visible.yaml"


class TestTree:
    def test_takes_a_bare_yes_for_the_word(self, small_folder: Path) -> None:
        path = small_folder / FILE
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('code: "yes"', "code: yes"), encoding="utf-8")

        (tree,) = load_playbook(small_folder).trees

        brand = tree.node("brand")
        assert isinstance(brand, Question)
        assert [answer.code for answer in brand.answers] == ["yes", "no"]


class TestCheckTrees:
    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("tree: listing", "tree: a_listing", "1:1: expected the file's own name, listing_not"),
            ("[listing_suppression]\ntitle", "[listing_loss]\ntitle", "3:15: expected a known is"),
            ("owner: care", "owner: nobody", "5:1: expected a known team (brands, care), found"),
            ("start: notice", "start: begin", "7:1: expected a known node ("),
            ("next: data_defect}", "next: data}", "15:70: expected a known node ("),
            ("code: data, ", "code: none, ", "15:9: expected each answer once, found none"),
            ("id: data_defect", "id: brand", "28:5: expected each node once, found brand"),
            ("fact: notice", "fact: weather", "12:5: expected a fact of listing_suppression, f"),
            ("fact: notice", "fact: amount", "12:5: expected a clear fact of type code or flag"),
            ("fact: notice", "fact: story", "12:5: expected a clear fact of type code or flag"),
            ("fact: notice", "fact: brand_owner", "13:5: expected an answer for each value of br"),
            ("    ask: {en: Is the", "    asks: {en: Is the", "17:5: expected `ask`, found noth"),
            ("root_cause: data_d", "root_cause: bad_d", "32:7: expected a known root cause of "),
            ("outcome: solved", "outcome: won", "33:7: expected a known outcome of listing_sup"),
            ("knowledge: fix", "knowledge: mend", "34:7: expected a known article (fix_a_list"),
            ("evidence: [invoice]", "evidence: [bill]", "39:18: expected a known evidence kind"),
            ("next: request_evidence", "next: hope", "40:7: expected 'claim', 'request_evidence"),
            (", de: Gehört Ihnen die Marke?}", "}", "18:5: expected a wording in `de`, found n"),
            (
                "de: Nein}, next: policy_breach",
                "de: Nein}, next: notice",
                "22:49: expected a node further on, so that every way ends, found notice → brand",
            ),
            (
                "de: Nein}, next: policy_breach",
                "de: Nein}, next: ours",
                "35:5: expected a node that some answer leads to, found policy_breach, which not",
            ),
        ],
    )
    def test_names_what_does_not_fit(self, spoil: Spoil, old: str, new: str, line: str) -> None:
        problems = spoil(FILE, old, new)

        assert any(one.startswith(f"{FILE}:{line}") for one in problems), problems

    def test_wants_a_node_to_ask_or_to_end(self, spoil: Spoil) -> None:
        (problem,) = spoil(FILE, "  - id: ours\n    end:", "  - id: ours\n    stop:")

        assert problem.startswith(f"{FILE}:23:5: expected a question (`ask` and `answers`) or an")

    def test_wants_no_node_that_asks_and_ends(self, spoil: Spoil) -> None:
        (problem,) = spoil(
            FILE, "  - id: ours\n", "  - id: ours\n    ask: {en: Why?, de: Warum?}\n"
        )

        assert problem == f"{FILE}:24:5: expected no key `ask` here, found it"

    def test_wants_conditions_that_a_case_can_fit(self, spoil: Spoil) -> None:
        old = "[listing_suppression]\ntitle"
        new = "[listing_suppression]\nwhen: {facts.notice: a_dream}\ntitle"

        problems = spoil(FILE, old, new)

        assert [one for one in problems if one.startswith(f"{FILE}:4:8: expected ")], problems

    def test_wants_one_tree_for_every_case(self, small_folder: Path) -> None:
        path = small_folder / FILE
        text = path.read_text(encoding="utf-8")
        second = text.replace("tree: listing_not_visible", "tree: a_second")
        path.with_name("a_second.yaml").write_text(second, encoding="utf-8")

        with pytest.raises(PlaybookInvalid) as caught:
            load_playbook(small_folder)

        (problem,) = caught.value.problems
        assert problem.startswith(f"{FILE}:1:1: expected a `when`, since a_second is for every")

    def test_tells_a_tree_past_its_review_date(self, small_folder: Path) -> None:
        with pytest.raises(PlaybookInvalid) as caught:
            load_reviewed(small_folder, date(2027, 5, 2))

        assert f"{FILE}:6:1: expected a review date that is still to come, found 2027-05-01" in (
            caught.value.problems
        )
