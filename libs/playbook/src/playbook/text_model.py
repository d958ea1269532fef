"""A text model read from a file of numbers, and what it makes of a text: a label, or nothing."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from playbook.case import TextLabel
from playbook.signals import words_of

NUMBER: Final = "0"
"""Stands for every word with a digit in it: an order number says nothing and may say too much."""

_PLACES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TextModel:
    """
    A linear model over weighted words, ready to be asked.

    `terms`: by word or pair of words, its weight in a text (idf) and what one unit of it adds to
    the score of each label. `temperature` divides the scores, so that the confidence is what it
    says. `bound`: below it the model says nothing.
    """

    digest: str
    labels: tuple[str, ...]
    terms: Mapping[str, tuple[float, Sequence[float]]]
    intercept: Sequence[float]
    temperature: float
    bound: float


def terms_of(text: str) -> list[str]:
    """Take a text apart into words and pairs of words that follow each other, as cues are found."""
    words = [NUMBER if any(map(str.isdigit, word)) else word for word in words_of(text)]
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def by_term(
    vocabulary: Sequence[str], idf: Sequence[float], coefficients: Sequence[Sequence[float]]
) -> dict[str, tuple[float, Sequence[float]]]:
    """Turn numbers by label, as they are written, into numbers by word, as they are looked up."""
    words = zip(vocabulary, idf, zip(*coefficients, strict=True), strict=True)
    return {term: (weight, per_unit) for term, weight, per_unit in words}


def scores(model: TextModel, text: str) -> tuple[float, ...]:
    """Score each label, in the order of the labels; no known word leaves the intercepts."""
    weights = dict(_weights(model, Counter(terms_of(text))))
    norm = math.sqrt(math.fsum(weight * weight for weight in weights.values())) or 1.0
    totals = list(model.intercept)
    for term, weight in weights.items():
        share = weight / norm
        for at, per_unit in enumerate(model.terms[term][1]):
            totals[at] += share * per_unit
    return tuple(totals)


def _weights(model: TextModel, counts: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    """A word that comes often counts more, but less and less: 1 + ln(count), times its idf."""
    for term, count in counts.items():
        if term in model.terms:
            yield term, (1.0 + math.log(count)) * model.terms[term][0]


def chances(totals: Iterable[float], temperature: float) -> tuple[float, ...]:
    """Turn scores into shares of one (softmax)."""
    scaled = [total / temperature for total in totals]
    highest = max(scaled)
    parts = [math.exp(one - highest) for one in scaled]
    whole = math.fsum(parts)
    return tuple(part / whole for part in parts)


def read_label(model: TextModel, *, subject: str, description: str) -> TextLabel | None:
    """
    Say which issue type a text speaks of, or nothing below the bound.

    A text without a word that the model knows says nothing, whatever is frequent otherwise.
    """
    text = as_one_text(subject, description)
    if not any(term in model.terms for term in terms_of(text)):
        return None
    found = chances(scores(model, text), model.temperature)
    at = max(range(len(found)), key=found.__getitem__)
    if found[at] < model.bound:
        return None
    return TextLabel(
        model=model.digest, label=model.labels[at], confidence=round(found[at], _PLACES)
    )


def as_one_text(subject: str, description: str) -> str:
    """Put a filing's texts together as a line of a history holds them."""
    return f"{subject}\n{description}"
