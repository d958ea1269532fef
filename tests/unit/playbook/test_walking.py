import pytest
from typer.testing import CliRunner

from playbook.cli import app, main
from playbook.model import Playbook
from playbook.walking import AnswersUnreadable, go, go_asking, read_answers
from small_playbook import SMALL

TREE = "listing_not_visible"


def asked(book: Playbook, *typed: str) -> list[str]:
    """Walk the tree of the small playbook with what somebody types, and return all that is said."""
    said: list[str] = []
    answers = iter(typed)
    go_asking(book, TREE, "en", say=said.append, ask=lambda _: next(answers))
    return said


class TestGo:
    def test_tells_the_next_question_with_its_answers(self, small: Playbook) -> None:
        lines = [*go(small, TREE, {}, "de")]

        assert lines[0] == "notice: Was sagt der Hinweis?"
        assert [line.split(":")[0].strip() for line in lines if ". " in line[:5]] == [
            "1. none",
            "2. data",
            "3. policy",
        ]

    def test_tells_the_way_and_the_end(self, small: Playbook) -> None:
        lines = [*go(small, TREE, {"notice": "policy", "brand": "no"}, "en")]

        assert lines[:2] == ["notice = policy", "brand = no"]
        assert lines[2].startswith("End: ")
        assert "  root cause: policy_breach" in lines
        assert "  evidence: invoice" in lines

    def test_names_answers_that_are_not_on_the_way(self, small: Playbook) -> None:
        lines = [*go(small, TREE, {"notice": "none", "brand": "no"}, "en")]

        assert lines[-1] == "Not on this way: brand"

    def test_tells_every_answer_that_the_tree_does_not_know(self, small: Playbook) -> None:
        with pytest.raises(AnswersUnreadable) as caught:
            [*go(small, TREE, {"gone": "yes", "brand": "maybe"}, "en")]

        assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
            "/answers/gone",
            "/answers/brand",
        ]


class TestReadAnswers:
    def test_takes_them_with_commas_or_one_by_one(self) -> None:
        assert read_answers(["a=b, c=d", "e=f"]) == {"a": "b", "c": "d", "e": "f"}

    def test_tells_all_that_are_none(self) -> None:
        with pytest.raises(AnswersUnreadable) as caught:
            read_answers(["a", "b=1,b=2", "=x"])

        assert str(caught.value).splitlines() == [
            "--answers: 'a': write question=answer",
            "--answers: b is answered twice; leave one out",
            "--answers: '=x': write question=answer",
        ]


class TestGoAsking:
    def test_asks_until_the_end(self, small: Playbook) -> None:
        said = asked(small, "policy", "2")

        assert [line for line in said if line.startswith(("notice:", "brand:", "End:"))] == [
            said[0],
            next(line for line in said if line.startswith("brand:")),
            next(line for line in said if line.startswith("End:")),
        ]
        assert "  root cause: policy_breach" in said

    def test_asks_again_what_it_does_not_understand(self, small: Playbook) -> None:
        said = asked(small, "9", "none")

        assert "Type a number from 1 to 3, or `back`." in said
        assert [line[:7] for line in said].count("notice:") == 2

    def test_takes_an_answer_back(self, small: Playbook) -> None:
        said = asked(small, "back", "policy", "back", "none")

        assert [line[:7] for line in said].count("notice:") == 3
        assert any(line.startswith("End:") for line in said)


class TestTheCommand:
    def test_walks_with_answers(self) -> None:
        words = ["walk", str(SMALL), TREE, "--answers", "notice=policy,brand=no"]

        found = CliRunner().invoke(app, words)

        assert found.exit_code == 0
        assert "root cause: policy_breach" in found.output

    def test_asks_at_the_terminal(self) -> None:
        found = CliRunner().invoke(app, ["walk", str(SMALL), TREE], input="3\n2\n")

        assert found.exit_code == 0
        assert "root cause: policy_breach" in found.output

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["oak"], "no tree oak; there are: listing_not_visible"),
            ([TREE, "--answers", "x"], "--answers: 'x': write question=answer"),
        ],
    )
    def test_says_what_is_wrong(
        self, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["walk", str(SMALL), *words])

        assert ended.value.code == 1
        assert capsys.readouterr().err.splitlines() == [said]
