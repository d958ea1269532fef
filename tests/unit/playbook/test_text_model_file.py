import json
from pathlib import Path
from typing import Any

import pytest

from past_texts import small_model
from playbook import text_model_file
from playbook.text_model_file import TextModelInvalid, as_model, load_text_model, write_model


def content(**changed: object) -> dict[str, Any]:
    return {**json.loads(small_model().model_dump_json()), **changed}


def problems(path: Path, text: str | bytes) -> list[str]:
    """Load a file that is no model, and tell what is said of it, without its name."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(TextModelInvalid) as caught:
        load_text_model(path)
    return [line.removeprefix(f"{path}: ") for line in caught.value.problems]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.json"


class TestLoadTextModel:
    def test_reads_what_was_written(self, file: Path) -> None:
        write_model(file, small_model())

        assert load_text_model(file) == as_model(small_model())

    def test_tells_every_reason_with_its_place(self, file: Path) -> None:
        wrong = content(bound=2.0, temperature=0, labels=["a b", "c", "d"], extra=1, idf=["x", 1.0])
        del wrong["intercept"]

        found = problems(file, json.dumps(wrong))

        places = {line.split(":")[0] for line in found}
        assert places == {"/bound", "/temperature", "/labels/0", "/extra", "/idf/0", "/intercept"}

    def test_wants_a_number_for_each_word_and_a_list_for_each_label(self, file: Path) -> None:
        wrong = content(
            labels=["chargeback", "chargeback"],
            vocabulary=["card", "card"],
            idf=[1.0],
            intercept=[0.0],
            coefficients=[[1.0], [1.0, 2.0], [3.0, 4.0]],
        )

        found = problems(file, json.dumps(wrong))

        assert [line.split(":")[0] for line in found] == [
            "/labels", "/vocabulary", "/idf", "/intercept", "/coefficients", "/coefficients/0",
            "/digest",
        ]  # fmt: skip
        assert found[2] == "/idf: 1 entries, expected 2: one a word of /vocabulary"

    def test_refuses_numbers_that_somebody_changed(self, file: Path) -> None:
        found = problems(file, json.dumps(content(bound=0.1)))

        assert [line.split(":")[0] for line in found] == ["/digest"]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "it is no JSON"),
            ("[" * 100_000, "lists in lists"),
            (b"\xff\xfe\xff", "it is no JSON"),
            ('{"bound": NaN}', "NaN is no number"),
            ('{"bound": 1, "bound": 2}', "a key comes twice"),
            ("[]", "valid dictionary"),
            ("9" * 5000, "it is no JSON"),
            ('{"bound": 1e999}', "finite number"),
        ],
    )
    def test_refuses_what_is_no_model(self, file: Path, text: str | bytes, said: str) -> None:
        assert any(said in line for line in problems(file, text))

    def test_refuses_numbers_beyond_all_bounds(self, file: Path) -> None:
        huge = [[1e300, 0.0], [0.0, -1e300]]

        found = problems(file, json.dumps(content(coefficients=huge)))

        assert [line.split(":")[0] for line in found] == ["/coefficients/0/0", "/coefficients/1/1"]

    def test_tells_the_first_fifty_reasons_and_how_many_there_are(self, file: Path) -> None:
        found = problems(file, json.dumps(content(idf=["x"] * 80)))

        assert len(found) == 51
        assert found[-1] == "and 30 more"

    def test_says_when_there_is_no_file(self, file: Path) -> None:
        with pytest.raises(TextModelInvalid, match="it cannot be read"):
            load_text_model(file / "nowhere")

    def test_reads_no_file_that_is_too_large(self, file: Path) -> None:
        with file.open("wb") as opened:
            opened.truncate(text_model_file.MOST_BYTES + 1)

        with pytest.raises(TextModelInvalid, match="larger than"):
            load_text_model(file)
