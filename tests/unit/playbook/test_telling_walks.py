"""A walk in words."""

from typing import Any

import pytest

from playbook.telling_walks import list_trees, tell_walk
from playbook.walk import walk
from scenario_filings import the_playbook

TREE = "one_path_after_a_decision"
NOT_MINE = {"about": "restricted_product", "sold_it": "no"}


def told(answers: dict[str, str], language: str = "en") -> dict[str, Any]:
    book = the_playbook()
    tree = book.tree(TREE)
    assert tree is not None
    return tell_walk(book, tree, walk(book, TREE, answers, {}), language)


class TestTellWalk:
    def test_asks_in_the_language_of_the_reader(self) -> None:
        question = told({}, "de")["question"]

        assert question["ask"] == "Worum ging es in der Entscheidung?"
        assert question["answers"][1] == {
            "code": "restricted_product",
            "say": "Ein eingeschränktes Produkt",
        }

    def test_ends_with_the_one_thing_to_do(self) -> None:
        found = told(NOT_MINE)

        assert found["question"] is None
        assert found["end"]["advice"].startswith("Dispute the violation; do not send a plan")
        assert [one["kind"] for one in found["end"]["evidence"]] == ["supporting_document"]
        assert [one["say"] for one in found["steps"]] == [
            "A restricted product",
            "No, it was mapped to my listing",
        ]

    @pytest.mark.covers("RG-6")
    def test_says_in_which_language_an_article_is(self) -> None:
        book = the_playbook()
        tree = book.tree("listing_not_visible")
        assert tree is not None
        walked = walk(book, tree.tree, {"which_rule": "missing_attribute"}, {})

        article = tell_walk(book, tree, walked, "en")["end"]["article"]

        assert article["article"] == "how_to_fix_a_listing"
        assert article["language"] == "en"


class TestListTrees:
    def test_names_those_of_a_type(self) -> None:
        found = list_trees(the_playbook(), "buyer_dispute", "en")

        assert [one["tree"] for one in found] == ["buyer_says_defective", "guarantee_claim"]

    def test_names_all_by_name(self) -> None:
        names = [one["tree"] for one in list_trees(the_playbook(), None, "pl")]

        assert names == sorted(names)
        assert len(names) == len(the_playbook().trees)
