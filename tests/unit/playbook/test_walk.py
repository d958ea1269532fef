from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given, strategies as st

from playbook.model import Playbook
from playbook.trees import Question
from playbook.walk import AnswersInvalid, TreeNotFound, tree_for, trees_for, walk
from scenario_filings import the_playbook

TREE = "listing_not_visible"
ANSWERS = {"notice": ("none", "data", "policy"), "brand": ("yes", "no")}


class TestWalk:
    def test_begins_with_the_first_question(self, small: Playbook) -> None:
        found = walk(small, TREE, {}, {})

        assert found.tree == "listing_not_visible@1"
        assert found.question is not None
        assert found.question.ask.say("de") == "Was sagt der Hinweis?"
        assert (found.node, found.steps, found.end) == ("notice", (), None)

    def test_ends_where_the_answers_lead(self, small: Playbook) -> None:
        found = walk(small, TREE, {"notice": "policy", "brand": "no"}, {})

        assert found.question is None
        assert found.end is not None
        assert (found.end.root_cause, found.end.evidence) == ("policy_breach", ("invoice",))
        assert [(step.node, step.answer, step.source) for step in found.steps] == [
            ("notice", "policy", "answer"),
            ("brand", "no", "answer"),
        ]

    def test_takes_what_the_case_says_and_does_not_ask(self, small: Playbook) -> None:
        found = walk(small, TREE, {}, {"notice": "policy", "brand_owner": True})

        assert found.node == "ours"
        assert [step.source for step in found.steps] == ["fact", "fact"]

    def test_takes_a_flag_that_is_down_for_a_no(self, small: Playbook) -> None:
        found = walk(small, TREE, {}, {"notice": "policy", "brand_owner": False})

        assert found.end == walk(small, TREE, {"notice": "policy", "brand": "no"}, {}).end

    def test_believes_the_case_before_the_answer(self, small: Playbook) -> None:
        found = walk(small, TREE, {"notice": "data"}, {"notice": "policy"})

        assert found.node == "brand"

    def test_takes_what_was_kept_before_what_is_answered(self, small: Playbook) -> None:
        found = walk(small, TREE, {"notice": "data"}, {}, {"notice": "policy"})

        assert found.node == "brand"
        assert [(step.answer, step.source) for step in found.steps] == [("policy", "kept")]

    def test_believes_the_case_before_what_was_kept(self, small: Playbook) -> None:
        found = walk(small, TREE, {}, {"notice": "policy"}, {"notice": "data"})

        assert [(step.answer, step.source) for step in found.steps] == [("policy", "fact")]

    def test_asks_again_what_was_kept_and_is_no_answer_any_more(self, small: Playbook) -> None:
        assert walk(small, TREE, {}, {}, {"notice": "of_old"}).node == "notice"

    @pytest.mark.parametrize("value", ["later", 3, None, {"a": 1}])
    def test_asks_when_the_case_says_what_is_no_answer(
        self, small: Playbook, value: object
    ) -> None:
        assert walk(small, TREE, {}, {"notice": value}).node == "notice"

    def test_tells_which_answers_are_not_on_this_way(self, small: Playbook) -> None:
        found = walk(small, TREE, {"notice": "data", "brand": "no"}, {})

        assert (found.node, found.unused) == ("data_defect", ("brand",))

    @pytest.mark.parametrize(
        ("answers", "pointer", "detail"),
        [
            ({"notice": "perhaps"}, "/answers/notice", "one of: none, data, policy"),
            ({"weather": "fine"}, "/answers/weather", "it has: notice, brand"),
            ({"data_defect": "yes"}, "/answers/data_defect", "no such question"),
            ({"a/b": "yes"}, "/answers/a~1b", "no such question"),
        ],
    )
    def test_points_to_what_is_no_answer(
        self, small: Playbook, answers: Mapping[str, str], pointer: str, detail: str
    ) -> None:
        with pytest.raises(AnswersInvalid) as caught:
            walk(small, TREE, answers, {})

        (problem,) = caught.value.problems
        assert (problem.pointer, problem.code) == (pointer, "invalid-body")
        assert detail in problem.detail

    def test_names_the_trees_there_are(self, small: Playbook) -> None:
        with pytest.raises(TreeNotFound, match="there are: listing_not_visible"):
            walk(small, "oak", {}, {})

    @given(
        answers=st.fixed_dictionaries(
            {}, optional={name: st.sampled_from(codes) for name, codes in ANSWERS.items()}
        )
    )
    def test_asks_only_what_was_not_answered(
        self, small: Playbook, answers: dict[str, str]
    ) -> None:
        found = walk(small, TREE, answers, {})

        assert found == walk(small, TREE, dict(reversed(answers.items())), {})
        assert (found.question is None) is not (found.end is None)
        assert found.question is None or found.question.id not in answers
        assert {step.node for step in found.steps} | set(found.unused) == set(answers)

    def test_reaches_every_end(self, small: Playbook) -> None:
        ways = [dict(zip(ANSWERS, codes, strict=True)) for codes in product(*ANSWERS.values())]

        reached = {walk(small, TREE, way, {}).node for way in ways}

        tree = small.tree(TREE)
        assert tree is not None
        ends = {node.id for node in tree.nodes if not isinstance(node, Question)}
        assert reached == ends


class TestTreesFor:
    def test_lists_the_trees_of_a_type(self, small: Playbook) -> None:
        assert [tree.tree for tree in trees_for(small, "listing_suppression")] == [TREE]
        assert trees_for(small, "feature_request") == ()


class TestTreeFor:
    def test_is_that_whose_conditions_the_case_fits(self) -> None:
        chosen = [
            tree.tree
            for stage in ("opened", "claim_granted", "appealed")
            if (tree := tree_for(the_playbook(), "buyer_dispute", {"facts.stage": (stage,)}))
        ]

        assert chosen == ["buyer_says_defective", "guarantee_claim", "guarantee_claim"]

    @pytest.mark.parametrize("issue_type", ["feature_request", "of_tomorrow"])
    def test_is_none_where_there_is_none(self, issue_type: str) -> None:
        assert tree_for(the_playbook(), issue_type, {}) is None

    def test_is_one_for_every_type_that_has_any(self) -> None:
        book = the_playbook()

        for code in {code for tree in book.trees for code in tree.issue_types}:
            assert tree_for(book, code, {}) is not None
