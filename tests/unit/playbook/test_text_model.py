import math
import random
from pathlib import Path
from typing import Any

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from past_texts import ANYTHING, SAID, past_texts, small_model
from playbook.fitting import numbers_of
from playbook.text_model import chances, read_label, scores, terms_of
from playbook.text_model_file import as_model, load_text_model, seal_model, write_model

SURE = as_model(small_model())


def odd_texts(count: int) -> list[str]:
    """Make texts with unknown words, repeated words, none at all, signs and numbers."""
    dice = random.Random(5)
    words = [
        *" ".join(SAID.values()).split(),
        *ANYTHING.split(),
        "Ünknown",
        "ẞ",
        "9",
        "a1",
        "-",
        "",
    ]
    return [
        "",
        "!!!",
        *(" ".join(dice.choices(words, k=dice.randint(0, 40))) for _ in range(count)),
    ]


class TestTermsOf:
    def test_takes_words_and_pairs_of_words(self) -> None:
        assert terms_of("My PAYOUT, held") == ["my", "payout", "held", "my payout", "payout held"]

    def test_keeps_no_number(self) -> None:
        assert terms_of("PO-88121 x9") == ["po", "0", "0", "po 0", "0 0"]


class TestScores:
    @pytest.mark.parametrize("types", [2, 3])
    def test_agree_with_scikit_learn(self, types: int, tmp_path: Path) -> None:
        """What is read back from the file says what the pipeline that was fitted says."""
        rows = [row for row in past_texts(150) if row.label in sorted(SAID)[:types]]
        words = TfidfVectorizer(analyzer=terms_of, sublinear_tf=True, min_df=2)
        line = LogisticRegression(C=10.0, max_iter=1000)
        pipeline = make_pipeline(words, line)
        pipeline.fit([row.text for row in rows], [row.label for row in rows])
        trained_on = small_model().trained_on.model_dump()
        numbers: dict[str, Any] = numbers_of(words, line)
        file = seal_model(**numbers, temperature=1.0, bound=0.0, trained_on=trained_on)
        write_model(tmp_path / "model.json", file)

        model, texts = load_text_model(tmp_path / "model.json"), odd_texts(500)

        theirs = pipeline.predict_proba(texts).tolist()
        ours = [chances(scores(model, text), 1.0) for text in texts]
        assert len(model.labels) == types
        assert max(abs(a - b) for one, other in zip(ours, theirs, strict=True)
                   for a, b in zip(one, other, strict=True)) < 1e-9  # fmt: skip

    def test_of_no_known_word_are_the_intercepts(self) -> None:
        assert scores(SURE, "nothing of it") == (0.0, 0.0)


class TestChances:
    def test_add_up_to_one_however_far_apart_scores_are(self) -> None:
        found = chances((1e6, -1e6, 0.0), 0.01)

        assert found == (1.0, 0.0, 0.0)

    def test_come_closer_with_a_higher_temperature(self) -> None:
        cold, warm = (chances((1.0, 0.0), temperature)[0] for temperature in (0.5, 4.0))

        assert math.isclose(cold, 1 / (1 + math.exp(-2.0)))
        assert 0.5 < warm < cold


class TestReadLabel:
    def test_names_the_type_and_how_sure_it_is(self) -> None:
        found = read_label(SURE, subject="Payout", description="my payout")

        assert found is not None
        assert (found.label, found.confidence) == ("payout_hold", 1.0)
        assert found.model == SURE.digest

    def test_says_nothing_below_the_bound(self) -> None:
        unsure = as_model(small_model(temperature=10.0))

        assert read_label(unsure, subject="payout", description="") is None
        assert read_label(SURE, subject="payout", description="") is not None

    def test_says_nothing_of_a_text_without_a_known_word(self) -> None:
        """Else the most frequent type would be said of every text in a foreign language."""
        frequent = as_model(small_model(intercept=[9.0, 0.0]))

        assert read_label(frequent, subject="", description="guten tag") is None
