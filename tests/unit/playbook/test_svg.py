"""Pictures, looked at as their elements: nothing that is written lies on anything else."""

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from playbook.charts import Arrow, Box, Chart
from playbook.cli import app, main
from playbook.drawing import Subject, picture
from playbook.model import Playbook
from playbook.svg import draw
from playbook.trees import Leaf
from small_playbook import SMALL

SIGN, LINE = 7.4, 16


class Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Area") -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)


def parsed(lines: Iterable[str]) -> ET.Element:
    return ET.fromstring("\n".join(lines))  # noqa: S314 - drawn a line before


def texts(svg: ET.Element) -> dict[int, tuple[str, Area]]:
    found = {}
    for at, one in enumerate(svg.findall(".//{*}text")):
        x, y, said = float(one.attrib["x"]), float(one.attrib["y"]), one.text or ""
        found[at] = (said, Area(x, y - LINE + 4, x + len(said) * SIGN, y + 4))
    return found


def boxes(svg: ET.Element) -> list[Area]:
    return areas(svg, {"b", "e"})


def answers(svg: ET.Element) -> list[Area]:
    return areas(svg, {"a"})


def areas(svg: ET.Element, kinds: set[str]) -> list[Area]:
    found = [one for one in svg.findall(".//{*}rect") if one.get("class") in kinds]
    sides = [[float(one.attrib[name]) for name in ("x", "y", "width", "height")] for one in found]
    return [Area(x, y, x + width, y + height) for x, y, width, height in sides]


def subjects(book: Playbook) -> list[Subject]:
    trees = [Subject(issue_type=None, ladder=None, tree=one.tree) for one in book.trees]
    ladders = [
        Subject(issue_type=None, ladder=one.id, tree=None) for one in book.escalation.ladders
    ]
    types = [
        Subject(issue_type=one.code, ladder=None, tree=None) for one in book.taxonomy.issue_types
    ]
    return [*trees, *ladders, *types]


class TestPicture:
    def test_has_no_text_over_another_and_none_outside(self, playbook: Playbook) -> None:
        for subject in subjects(playbook):
            svg = parsed(picture(playbook, subject))

            written = texts(svg)
            width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
            assert len(written) > 1
            for (_, one), (_, other) in combinations(written.values(), 2):
                assert not one.meets(other), (subject, one, other)
            assert all(it.right <= width and it.bottom <= height for _, it in written.values())

    def test_has_no_box_over_another(self, playbook: Playbook) -> None:
        for subject in subjects(playbook):
            found = boxes(parsed(picture(playbook, subject)))

            assert not [1 for one, other in combinations(found, 2) if one.meets(other)], subject

    def test_says_all_that_a_tree_says(self, small: Playbook) -> None:
        tree = Subject(issue_type=None, ladder=None, tree="listing_not_visible")

        said = " ".join(text for text, _ in texts(parsed(picture(small, tree))).values())

        found = small.tree("listing_not_visible")
        assert found is not None
        for node in found.nodes:
            asked = node.end.advice if isinstance(node, Leaf) else node.ask
            assert asked.say("en") in said


class TestDraw:
    def test_leads_a_long_way_round_the_boxes_between(self) -> None:
        chart = Chart(
            title="Long",
            boxes=(
                Box(id="a", column=0, lines=("Which?",), answers=("far", "near")),
                Box(id="b", column=1, lines=("between",), answers=("on",)),
                Box(id="c", column=2, lines=("end & <all>",), is_end=True),
            ),
            arrows=(
                Arrow(source="a", target="c", answer=0),
                Arrow(source="a", target="b", answer=1),
                Arrow(source="b", target="c", answer=0),
            ),
        )

        svg = parsed(draw(chart))

        between = boxes(svg)[1]
        [long_way] = [p.attrib["d"] for p in svg.findall(".//{*}path") if "H" in p.attrib["d"]]
        level = float(long_way.split("H")[0].split()[-1])
        assert level < between.top
        assert "end & <all>" in [text for text, _ in texts(svg).values()]

    def test_leads_from_beside_the_answer_to_the_middle_of_the_next_box(self) -> None:
        chart = Chart(
            title="A & B < C",
            boxes=(
                Box(id="a", column=0, lines=("Which?",), answers=("no", "yes")),
                Box(id="b", column=1, lines=("yes it is",), is_end=True),
            ),
            arrows=(Arrow(source="a", target="b", answer=1),),
        )

        svg = parsed(draw(chart))

        [way] = [p.attrib["d"] for p in svg.findall(".//{*}path") if "C" in p.attrib["d"]]
        x, y, *_, to_x, to_y = (float(one) for one in way[1:].replace("C", " ").split())
        answer, box, target = answers(svg)[1], *boxes(svg)
        assert x == pytest.approx(box.right, abs=0.1)
        assert answer.top < y < answer.bottom
        assert to_x == pytest.approx(target.left, abs=0.1)
        assert to_y == pytest.approx((target.top + target.bottom) / 2, abs=0.1)
        [head] = [p.attrib["d"] for p in svg.findall(".//{*}path") if p.attrib["class"] == "n"]
        assert head.startswith(f"M{to_x:.1f} {to_y:.1f}")
        assert "A & B < C" in [text for text, _ in texts(svg).values()]

    def test_writes_beside_a_way_down_what_it_says(self) -> None:
        chart = Chart(
            title="Down",
            boxes=(
                Box(id="a", column=0, lines=("first",)),
                Box(id="b", column=0, lines=("second",), is_end=True),
            ),
            arrows=(Arrow(source="a", target="b", down="< 2h & late"),),
        )

        svg = parsed(draw(chart))

        assert "< 2h & late" in [text for text, _ in texts(svg).values()]


class TestTheCommand:
    def test_draws_one_picture(self) -> None:
        words = ["graph", str(SMALL), "--tree", "listing_not_visible", "--svg"]

        found = CliRunner().invoke(app, words)

        assert found.exit_code == 0
        assert found.output.startswith("<svg ")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ([], "name what to draw: --issue-type, --ladder or --tree"),
            (["--tree", "oak"], "there is no tree oak; there are: listing_not_visible"),
        ],
    )
    def test_says_what_it_could_draw(
        self, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            main(["graph", str(SMALL), "--svg", *words])

        assert capsys.readouterr().err.splitlines() == [said]
