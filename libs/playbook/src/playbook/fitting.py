"""Find the numbers of a text model: TF-IDF and a logistic regression, by scikit-learn."""

import importlib
from collections.abc import Sequence
from typing import Any, Final

from playbook.history import Labelled
from playbook.text_model import terms_of

_FEWEST_WITH_WORD: Final = 3
"""So many texts hold a word before it is learnt: a name that comes once stays out of the file."""


class TrainingImpossible(Exception):
    """There is nothing to train with, or nothing to learn; the message says what to do."""


def learn(rows: Sequence[Labelled], *, most_terms: int) -> dict[str, Any]:
    """
    Fit TF-IDF and a logistic regression; return their numbers as the model's file has them.

    Raises:
        TrainingImpossible: scikit-learn is not installed, or no word comes often enough.
    """
    words = _scikit("sklearn.feature_extraction.text").TfidfVectorizer(
        analyzer=terms_of, sublinear_tf=True, min_df=_FEWEST_WITH_WORD, max_features=most_terms
    )
    line = _scikit("sklearn.linear_model").LogisticRegression(C=10.0, max_iter=1000)
    try:
        vectors = words.fit_transform([row.text for row in rows])
    except ValueError:
        raise TrainingImpossible(
            f"no word comes in {_FEWEST_WITH_WORD} texts or more; more history is needed"
        ) from None
    line.fit(vectors, [row.label for row in rows])
    return numbers_of(words, line)


def numbers_of(words: Any, line: Any) -> dict[str, Any]:  # noqa: ANN401 - ships no types
    """Read the numbers off fitted parts of scikit-learn; of two labels it keeps only the second."""
    rows, intercept = line.coef_.tolist(), line.intercept_.tolist()
    if len(rows) == 1:
        rows, intercept = [[0.0] * len(rows[0]), rows[0]], [0.0, *intercept]
    return {
        "labels": [str(label) for label in line.classes_],
        "vocabulary": [str(term) for term in words.get_feature_names_out()],
        "idf": words.idf_.tolist(),
        "coefficients": rows,
        "intercept": intercept,
    }


def _scikit(module: str) -> Any:  # noqa: ANN401 - optional, ships no types
    try:
        return importlib.import_module(module)
    except ImportError:
        raise TrainingImpossible(
            "training needs scikit-learn: pip install 'sellerworks-playbook[text]'"
        ) from None
