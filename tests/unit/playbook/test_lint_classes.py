"""Every class of defect that lint finds, in one table: defects.yaml."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbook.load import PlaybookInvalid, load_reviewed
from small_playbook import SMALL

TODAY = date(2026, 11, 23)
CLASSES = {
    "overlap",
    "gap",
    "unreachable row",
    "orphan queue",
    "escalation loop",
    "template without region",
    "template without language",
    "sensitive question without evidence kind",
    "SLA shorter than the partner's turnaround",
    "owner on no shift",
    "patch out of bounds",
    "stale asset",
    "missing default route",
}

DEFECTS = yaml.safe_load((Path(__file__).parent / "defects.yaml").read_text(encoding="utf-8"))


def replace(folder: Path, change: Mapping[str, str]) -> None:
    path = folder / change["file"]
    text = path.read_text(encoding="utf-8")
    assert text.count(change["old"]) == 1, change
    path.write_text(text.replace(change["old"], change["new"]), encoding="utf-8")


class TestLint:
    def test_shows_each_class_of_defect(self) -> None:
        assert {one["defect"] for one in DEFECTS} == CLASSES

    def test_finds_nothing_in_a_sound_playbook(self) -> None:
        assert load_reviewed(SMALL, TODAY).pin == "small@1.0.0"

    @pytest.mark.covers("GV-9", "RG-3", "SE-2")
    @pytest.mark.parametrize(
        "defect", [pytest.param(one, id=f"{at} {one['defect']}") for at, one in enumerate(DEFECTS)]
    )
    def test_says_what_is_wrong_where(self, small_folder: Path, defect: Mapping[str, Any]) -> None:
        for change in (defect, defect.get("also"), defect.get("and")):
            if change:
                replace(small_folder, change)

        with pytest.raises(PlaybookInvalid) as caught:
            load_reviewed(small_folder, TODAY)

        assert defect["says"] in caught.value.problems
