"""Try a text model on texts that it was not trained on: in parts, and over time."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from playbook.fitting import learn
from playbook.history import Labelled
from playbook.text_figures import Figures, Guess, choose_bound, measure
from playbook.text_model import TextModel, by_term, chances, scores, terms_of

FOLDS: Final = 5
LATE: Final = 0.2
"""The share of texts, the newest, that the trial over time is held on."""

_SHARPNESS: Final = (0.05, 20.0)
_HALVINGS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for. `right`: how much of what the model says has to be right."""

    playbook: str
    seed: int
    right: float
    most_terms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime:
    """
    The trial on the newest texts, with a model, a temperature and a bound from those before.

    `known`: how many of them stood there before, word for word. `new_types`: issue types that
    the older texts have not, all of them wrong for that reason.
    """

    since: str
    trained_on: int
    known: int
    new_types: tuple[str, ...]
    bound: float | None
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class InParts:
    """The trial in parts, with the temperature and the bound that follow from it."""

    temperature: float
    bound: float | None
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    """A text with its scores from a model that has not seen it."""

    row: Labelled
    labels: Sequence[str]
    totals: Sequence[float]
    is_known: bool


def try_in_parts(rows: Sequence[Labelled], wish: Wish) -> InParts:
    """Try five models, each of four parts of the rows, on the part that it has not seen."""
    folds = [*_folds(rows, wish)]
    guesses = [*_cross_guesses(folds)]
    bound = choose_bound(guesses, right=wish.right)
    return InParts(
        temperature=_fit_temperature([one for fold in folds for one in fold]),
        bound=bound,
        figures=measure(guesses, bound=bound),
    )


def try_over_time(rows: Sequence[Labelled], wish: Wish) -> OverTime | None:
    """Try a model of what came before on the newest rows; None where there is no before."""
    since = rows[int(len(rows) * (1 - LATE))].occurred_at
    early = [row for row in rows if row.occurred_at < since]
    late = [row for row in rows if row.occurred_at >= since]
    if not _is_enough(early):
        return None
    before = try_in_parts(early, wish)
    guesses = [*_guess([*_score(_trial_model(early, wish), late)], before.temperature)]
    labels, keys = {row.label for row in early}, {row.key for row in early}
    return OverTime(
        since=since.isoformat(),
        trained_on=len(early),
        known=sum(row.key in keys for row in late),
        new_types=tuple(sorted({row.label for row in late} - labels)),
        bound=before.bound,
        figures=measure(guesses, bound=before.bound),
    )


def parts_of(rows: Sequence[Labelled], *, seed: int) -> list[list[Labelled]]:
    """
    Deal rows into parts with the same mix of types; the same text never comes into two.

    The order of dealing comes from the seed and the texts alone.
    """
    parts: list[list[Labelled]] = [[] for _ in range(FOLDS)]
    by_key: dict[str, list[Labelled]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    order = sorted(by_key, key=lambda key: (by_key[key][0].label, _shuffled(seed, key)))
    for at, key in enumerate(order):
        parts[at % FOLDS] += by_key[key]
    return parts


def _shuffled(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()


def _folds(rows: Sequence[Labelled], wish: Wish) -> Iterator[list[_Scored]]:
    parts = parts_of(rows, seed=wish.seed)
    for at, part in enumerate(parts):
        others = [row for other, rest in enumerate(parts) if other != at for row in rest]
        yield [*_score(_trial_model(others, wish), part)]


def _trial_model(rows: Sequence[Labelled], wish: Wish) -> TextModel:
    """Learn from some rows, to be tried on others; it never abstains and has no temperature."""
    numbers = learn(rows, most_terms=wish.most_terms)
    return TextModel(
        digest="",
        labels=tuple(numbers["labels"]),
        terms=by_term(numbers["vocabulary"], numbers["idf"], numbers["coefficients"]),
        intercept=numbers["intercept"],
        temperature=1.0,
        bound=0.0,
    )


def _score(model: TextModel, rows: Sequence[Labelled]) -> Iterator[_Scored]:
    for row in rows:
        yield _Scored(
            row=row,
            labels=model.labels,
            totals=scores(model, row.text),
            is_known=any(term in model.terms for term in terms_of(row.text)),
        )


def _cross_guesses(folds: Sequence[Sequence[_Scored]]) -> Iterator[Guess]:
    """Judge each part with the temperature of the others, so that none is fitted to itself."""
    for at, fold in enumerate(folds):
        others = [one for other, rest in enumerate(folds) if other != at for one in rest]
        yield from _guess(fold, _fit_temperature(others))


def _guess(scored: Sequence[_Scored], temperature: float) -> Iterator[Guess]:
    for one in scored:
        found = chances(one.totals, temperature)
        best = max(range(len(found)), key=found.__getitem__)
        yield Guess(
            label=one.row.label,
            said=one.labels[best],
            confidence=found[best] if one.is_known else 0.0,
            language=one.row.language,
        )


def _fit_temperature(scored: Sequence[_Scored]) -> float:
    """
    Find the temperature under which what happened was likeliest.

    The slope of that likelihood over 1/temperature only falls, so halving finds where it is 0.
    """
    known = [(one.totals, one.labels.index(one.row.label)) for one in scored if _has_label(one)]
    low, high = _SHARPNESS
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if sum(_slope(totals, at, middle) for totals, at in known) > 0:
            low = middle
        else:
            high = middle
    return 2 / (low + high)


def _has_label(scored: _Scored) -> bool:
    return scored.is_known and scored.row.label in scored.labels


def _slope(totals: Sequence[float], at: int, sharpness: float) -> float:
    shares = chances(totals, 1 / sharpness)
    return totals[at] - sum(share * total for share, total in zip(shares, totals, strict=True))


def _is_enough(rows: Sequence[Labelled]) -> bool:
    """Say whether each four of five parts still tell two types apart: two texts each of two."""
    texts = {(row.label, row.key) for row in rows}
    counts = Counter(label for label, _ in texts)
    return sum(count > 1 for count in counts.values()) > 1
