"""How good a text model is: how often right, how sure it should be, what its silence costs."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

K = TypeVar("K", int, str)

BOUNDS: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_BINS: Final = 10
_PERCENT: Final = 100
_FEWEST_KEPT: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a text is about, what was said of it, and how sure; 0 where nothing was known of it."""

    label: str
    said: str
    confidence: float
    language: str

    @property
    def is_right(self) -> bool:
        return self.label == self.said


@dataclass(frozen=True, slots=True, kw_only=True)
class OfType:
    """One issue type: of what was said to be it, how much was; of what was, how much was found."""

    label: str
    texts: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLanguage:
    """The texts of one language."""

    language: str
    texts: int
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Texts with a confidence from `low`, below `high`: how sure, and how often right."""

    low: float
    high: float
    texts: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AtBound:
    """With silence below a bound: the share of texts that is left, and how often that is right."""

    bound: float
    coverage: float
    accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    All figures of one trial.

    `ece`: by how much confidence and truth differ, over the bins, each by its share of texts.
    """

    texts: int
    accuracy: float
    macro_f1: float
    ece: float
    types: tuple[OfType, ...]
    languages: tuple[OfLanguage, ...]
    reliability: tuple[Bin, ...]
    abstention: tuple[AtBound, ...]


def measure(guesses: Sequence[Guess], *, bound: float | None) -> Figures:
    """Work out the figures of at least one guess; `bound` stands among those that are shown."""
    types = tuple(_of_type(label, guesses) for label in sorted({one.label for one in guesses}))
    reliability = tuple(_bins(guesses))
    shown = sorted({*BOUNDS, bound} if bound is not None else BOUNDS)
    return Figures(
        texts=len(guesses),
        accuracy=_accuracy(guesses),
        macro_f1=sum(one.f1 for one in types) / len(types),
        ece=sum(one.texts * abs(one.confidence - one.accuracy) for one in reliability)
        / len(guesses),
        types=types,
        languages=tuple(_by_language(guesses)),
        reliability=reliability,
        abstention=tuple(at_bound(guesses, one) for one in shown),
    )


def at_bound(guesses: Sequence[Guess], bound: float) -> AtBound:
    """Tell what is left with silence below a bound."""
    kept = [one for one in guesses if one.confidence >= bound]
    return AtBound(
        bound=bound,
        coverage=len(kept) / len(guesses),
        accuracy=_accuracy(kept) if kept else None,
    )


def choose_bound(guesses: Sequence[Guess], *, right: float) -> float | None:
    """
    Find the lowest bound, from 0.5 up by hundredths, above which enough is right.

    None if there is none: fewer than twenty texts say nothing of how often a bound is right.
    """
    for percent in range(_PERCENT // 2, _PERCENT):
        bound = percent / _PERCENT
        kept = [one for one in guesses if one.confidence >= bound]
        if len(kept) >= _FEWEST_KEPT and _accuracy(kept) >= right:
            return bound
    return None


def _accuracy(guesses: Sequence[Guess]) -> float:
    return sum(one.is_right for one in guesses) / len(guesses)


def _of_type(label: str, guesses: Iterable[Guess]) -> OfType:
    counts = Counter((one.label == label, one.said == label) for one in guesses)
    found, missed, wrong = counts[True, True], counts[True, False], counts[False, True]
    precision = found / (found + wrong) if found + wrong else 0.0
    recall = found / (found + missed)
    return OfType(
        label=label,
        texts=found + missed,
        precision=precision,
        recall=recall,
        f1=2 * found / (2 * found + missed + wrong),
    )


def _by_language(guesses: Sequence[Guess]) -> Iterable[OfLanguage]:
    for language, mine in _grouped(guesses, lambda one: one.language).items():
        yield OfLanguage(language=language, texts=len(mine), accuracy=_accuracy(mine))


def _bins(guesses: Sequence[Guess]) -> Iterable[Bin]:
    for at, mine in _grouped(
        guesses, lambda one: min(int(one.confidence * _BINS), _BINS - 1)
    ).items():
        yield Bin(
            low=at / _BINS,
            high=(at + 1) / _BINS,
            texts=len(mine),
            confidence=sum(one.confidence for one in mine) / len(mine),
            accuracy=_accuracy(mine),
        )


def _grouped(guesses: Sequence[Guess], key: Callable[[Guess], K]) -> dict[K, list[Guess]]:
    groups: dict[K, list[Guess]] = {}
    for one in guesses:
        groups.setdefault(key(one), []).append(one)
    return dict(sorted(groups.items()))
