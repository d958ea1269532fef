"""A new issue type, from the skeleton to a sound playbook."""

import re
import shutil
from difflib import ndiff
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from playbook.cli import app, main
from playbook.golden import run as run_golden
from playbook.load import PlaybookInvalid, load_playbook
from small_playbook import SMALL

CORE = Path(__file__).parents[3] / "playbooks" / "marketplace-core"


@pytest.fixture(params=[SMALL, CORE], ids=["small", "core"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(request.param, tmp_path / "mine"))


def new(folder: Path, code: str = "returned_parcel") -> Result:
    return CliRunner().invoke(app, ["new", str(folder), code])


def fill_in(folder: Path) -> None:
    """Write something in every marked place, as a person would."""
    for path in [path for path in folder.rglob("*.yaml") if "FILL_IN" in path.read_text("utf-8")]:
        text = re.sub(r"FILL_IN\.\w+", "parcel_came_back", path.read_text("utf-8"))
        words = re.sub(r"FILL_IN [^,'\"}]*(, in \w\w)?", "Came back", text)
        path.write_text(words, encoding="utf-8")


class TestNew:
    def test_leaves_nothing_to_mend_but_the_marked_places(self, folder: Path) -> None:
        assert new(folder).exit_code == 0

        with pytest.raises(PlaybookInvalid) as caught:
            load_playbook(folder)

        assert all(line.endswith(", found the mark FILL_IN") for line in caught.value.problems)
        assert any("expected what sellers call it, in de" in line for line in caught.value.problems)
        assert any("expected what the seller notices" in line for line in caught.value.problems)

    def test_is_sound_when_they_are_filled_in(self, folder: Path) -> None:
        before = load_playbook(folder)

        new(folder)
        fill_in(folder)

        playbook = load_playbook(folder)
        types = [known.code for known in playbook.taxonomy.issue_types]
        assert types == [*(known.code for known in before.taxonomy.issue_types), "returned_parcel"]
        assert not [one for one in run_golden(playbook) if one.differences]
        assert len(playbook.golden) == len(before.golden) + 1

    def test_keeps_comments_and_all_that_was_there(self, folder: Path) -> None:
        before = (folder / "routing.yaml").read_text("utf-8").splitlines()

        new(folder)

        after = (folder / "routing.yaml").read_text("utf-8").splitlines()
        marks = {line[0] for line in ndiff(before, after)}
        assert marks == {" ", "+"}

    def test_counts_the_places(self, small_folder: Path) -> None:
        output = new(small_folder).output

        assert re.search(r"taxonomy\.yaml: 5 to fill in", output)

    @pytest.mark.parametrize(
        ("code", "said"),
        [("feature_request", "is there already"), ("../x", "is no code"), ("3d", "is no code")],
    )
    def test_refuses_a_code_that_will_not_do(
        self, small_folder: Path, capsys: pytest.CaptureFixture[str], code: str, said: str
    ) -> None:
        with pytest.raises(SystemExit):
            main(["new", str(small_folder), code])

        assert said in capsys.readouterr().err

    def test_says_what_to_do_where_there_is_no_list(
        self, small_folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = small_folder / "routing.yaml"
        text = path.read_text("utf-8")
        start, end = text.index("tables:"), text.index("\ndefault:")
        path.write_text(f"{text[:start]}tables: []{text[end:]}", encoding="utf-8")
        teams = small_folder / "teams.yaml"
        lines = teams.read_text("utf-8").splitlines(keepends=True)
        teams.write_text("".join(line for line in lines if "id: listings" not in line), "utf-8")

        with pytest.raises(SystemExit):
            main(["new", str(small_folder), "returned_parcel"])

        assert "write the first item of `tables` by hand" in capsys.readouterr().err
        assert not (small_folder / "golden" / "returned_parcel.yaml").exists()
