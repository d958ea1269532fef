import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from past_texts import BEGIN, past_texts, write_csv
from playbook.cli import app, main
from playbook.fitting import TrainingImpossible, learn
from playbook.history import History, Labelled
from playbook.text_model import read_label
from playbook.text_model_file import as_model, load_text_model
from playbook.training import train
from playbook.training_report import to_markdown
from playbook.trials import Wish, parts_of, try_over_time

CORE = Path(__file__).parents[3] / "playbooks" / "marketplace-core"
WISH = Wish(playbook="small@1.0.0", seed=7, right=0.9, most_terms=1000)


def history(rows: list[Labelled]) -> History:
    return History(rows=tuple(rows), digest=hashlib.sha256(b"").hexdigest())


@pytest.fixture
def past(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "past.csv", past_texts())


class TestTrain:
    def test_learns_what_texts_speak_of(self) -> None:
        found = train(history(past_texts()), WISH)

        assert found.file is not None
        model = as_model(found.file)
        said = read_label(model, subject="payout", description="the money of my payout, a transfer")
        assert said is not None
        assert said.label == "payout_hold"
        assert 0.8 < found.report.crossed.accuracy < 1.0
        assert found.file.bound == found.report.bound

    def test_gives_the_same_model_for_the_same_seed(self) -> None:
        once, again, other = (
            train(history(past_texts()), replace(WISH, seed=seed)) for seed in (7, 7, 8)
        )

        assert once == again
        assert other.file is not None
        assert once.file is not None
        assert once.file.digest != other.file.digest

    def test_writes_no_model_that_is_not_right_often_enough(self) -> None:
        rows = past_texts(noise=1.0)

        found = train(history(rows), WISH)

        assert found.file is None
        assert any(line.startswith("No bound:") for line in to_markdown(found.report))

    def test_says_so_when_there_is_nothing_to_learn(self) -> None:
        rows = [replace(row, text=f"w{'a' * row.line}") for row in past_texts(30)]

        with pytest.raises(TrainingImpossible, match="more history"):
            train(history(rows), WISH)


class TestTheTemperature:
    """Whoever left it at one trained a model that is as sure of a guess as of what it knows."""

    def test_is_the_higher_the_less_the_texts_tell(self) -> None:
        clear, murky = (
            train(history(past_texts(240, noise=noise)), WISH).report.temperature
            for noise in (0.0, 0.6)
        )

        assert clear < 1.0 < murky

    def test_lets_confidence_say_how_often_it_is_right(self) -> None:
        """Each part is judged under the temperature of the others: none is fitted to itself."""
        crossed = train(history(past_texts(240, noise=0.6)), WISH).report.crossed

        sure = sum(one.texts * one.confidence for one in crossed.reliability) / crossed.texts
        assert abs(sure - crossed.accuracy) < 0.03

    def test_stands_in_the_file_and_is_what_the_model_answers_under(self) -> None:
        found = train(history(past_texts(240, noise=0.1)), WISH)

        assert found.file is not None
        model = as_model(found.file)
        assert model.temperature == found.report.temperature
        said = read_label(model, subject="payout", description="money transfer")
        hasty = read_label(
            replace(model, temperature=1.0), subject="payout", description="money transfer"
        )
        assert said is not None
        assert hasty is not None
        assert said.confidence != hasty.confidence


class TestLearn:
    def test_leaves_out_words_that_hardly_ever_come(self) -> None:
        """A name that a seller wrote once is nowhere in the file."""
        rows = past_texts(60)
        rows[5] = replace(rows[5], text=f"{rows[5].text} wolfeschlegelstein 4111111111111111")

        words = learn(rows, most_terms=1000)["vocabulary"]

        assert "payout" in words
        assert not [word for word in words if "wolfe" in word or "4111" in word]


class TestPartsOf:
    def test_have_the_same_mix_of_types(self) -> None:
        parts = parts_of(past_texts(150), seed=7)

        counts = [[row.label for row in part].count("chargeback") for part in parts]
        assert counts == [10] * 5

    def test_never_share_a_text(self) -> None:
        rows = past_texts(60)
        twice = [*rows, *(replace(row, text=row.text.upper()) for row in rows)]

        parts = parts_of(twice, seed=7)

        keys = [{row.key for row in part} for part in parts]
        assert sum(map(len, keys)) == len(set().union(*keys)) == 60


class TestTryOverTime:
    def test_learns_only_from_what_came_before(self) -> None:
        """Late texts swap their labels: a model that had seen them would know."""
        rows = past_texts(150, noise=0.0)
        swapped = {"payout_hold": "chargeback", "chargeback": "payout_hold"}
        turned = [
            replace(row, label=swapped.get(row.label, row.label)) if at >= 120 else row
            for at, row in enumerate(rows)
        ]

        found = try_over_time(turned, WISH)

        assert found is not None
        assert (found.trained_on, found.figures.texts) == (120, 30)
        assert found.since == rows[120].occurred_at.isoformat()
        assert found.figures.accuracy == pytest.approx(1 / 3)

    def test_counts_a_type_that_is_new_as_wrong(self) -> None:
        rows = past_texts(150, noise=0.0)
        late = [replace(row, label="shipment_dispute") for row in rows[120:]]

        found = try_over_time([*rows[:120], *late], WISH)

        assert found is not None
        assert found.new_types == ("shipment_dispute",)
        assert found.figures.accuracy == 0.0

    @pytest.mark.parametrize("same", [True, False])
    def test_is_not_to_be_had_without_a_before(self, same: bool) -> None:  # noqa: FBT001 - a case
        rows = past_texts(60)
        moment = [replace(row, occurred_at=BEGIN) for row in rows]
        sorted_by_type = sorted(rows, key=lambda row: row.label != "payout_hold")[:24]
        one_type = [
            replace(row, occurred_at=BEGIN + timedelta(days=at))
            for at, row in enumerate(sorted_by_type)
        ]

        assert try_over_time(moment if same else one_type, WISH) is None


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


class TestTheCommand:
    def test_writes_the_model_and_the_report(self, past: Path, tmp_path: Path) -> None:
        model, report = tmp_path / "model.json", tmp_path / "report.md"

        found = run("train", CORE, past, "--to", model, "--report", report, "--right", "0.9")

        assert found.exit_code == 0, found.output
        assert load_text_model(model).digest in found.output
        assert report.read_text("utf-8").splitlines()[0] == "# Text model"
        told = json.loads(report.with_suffix(".json").read_text("utf-8"))
        assert told["crossed"]["texts"] == 120
        assert told["over_time"]["figures"]["texts"] == 24

    def test_tells_what_is_wrong_with_the_file(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "past.csv").write_text("text,label,occurred_at\nx,gone,now\n", "utf-8")

        with pytest.raises(SystemExit):
            main(["train", str(CORE), str(tmp_path / "past.csv")])

        lines = capsys.readouterr().err.splitlines()
        assert [line.split(": `")[1].split("`")[0] for line in lines] == ["label", "occurred_at"]

    def test_writes_no_model_that_would_never_speak(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = write_csv(tmp_path / "noise.csv", past_texts(noise=1.0))

        with pytest.raises(SystemExit):
            main(["train", str(CORE), str(file), "--to", str(tmp_path / "model.json")])

        assert "no bound keeps 95% right" in capsys.readouterr().err
        assert not (tmp_path / "model.json").exists()


HIDDEN = """
import sys
sys.modules["sklearn.feature_extraction.text"] = None
from playbook.cli import main
main(sys.argv[1:])
"""
ASKED = """
import sys
from pathlib import Path
import playbook.cli, intake.main
from playbook.text_model import read_label
from playbook.text_model_file import load_text_model
model = load_text_model(Path(sys.argv[1]))
print(read_label(model, subject="payout", description="money transfer payout held").label)
print([name for name in sys.modules if name.split(".")[0] in {"sklearn", "numpy", "scipy"}])
"""


def python(code: str, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run some lines in an interpreter that has imported nothing yet."""
    return subprocess.run(  # noqa: S603 - our own lines
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=False
    )


class TestScikitLearn:
    def test_is_not_imported_by_whoever_asks_a_model(self, past: Path, tmp_path: Path) -> None:
        model = tmp_path / "model.json"
        run("train", CORE, past, "--to", model, "--right", "0.9")

        told = python(ASKED, model)

        assert told.stdout.splitlines() == ["payout_hold", "[]"], told.stderr

    def test_is_asked_for_in_one_sentence_where_it_is_missing(self, past: Path) -> None:
        told = python(HIDDEN, "train", CORE, past)

        assert told.returncode == 1
        assert told.stderr.splitlines() == [
            "training needs scikit-learn: pip install 'sellerworks-playbook[text]'"
        ]
