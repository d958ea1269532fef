"""What training came to, in Markdown for people and in JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from playbook.text_figures import Figures
from playbook.training import Report
from playbook.trials import FOLDS, LATE, OverTime

_Cell = str | int | float | None


def to_json(report: Report) -> str:
    return json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n"


def to_markdown(report: Report) -> Iterator[str]:
    """Write the report, a line at a time."""
    yield "# Text model"
    yield ""
    yield (
        f"{report.rows} labelled texts ({report.texts} different), {report.first} to "
        f"{report.last}, labels of {report.wish.playbook}, seed {report.wish.seed}, "
        f"temperature {report.temperature:.3f}."
    )
    yield ""
    yield _say_bound(report.bound, report.wish.right)
    yield ""
    yield f"## In {FOLDS} parts, each tried with a model of the others"
    yield ""
    yield from _figures(report.crossed)
    yield ""
    yield f"## On the newest {LATE:.0%}, with a model of what came before"
    yield ""
    if report.over_time is None:
        yield "Not to be had: too few types before the newest texts, or all of one moment."
    else:
        yield from _over_time(report.over_time, report.wish.right)


def _say_bound(bound: float | None, right: float) -> str:
    if bound is None:
        return f"No bound: above none of 0.50 to 0.99 were {right:.0%} right, of twenty or more."
    return (
        f"Bound: {bound:.2f}. Below it the model says nothing; it is the lowest above which "
        f"{right:.0%} were right on texts that were not trained on."
    )


def _over_time(found: OverTime, right: float) -> Iterator[str]:
    yield (
        f"Since {found.since}; trained on the {found.trained_on} texts before. {found.known} of "
        "the newer ones stood there before, word for word."
    )
    yield ""
    yield _say_bound(found.bound, right)
    yield ""
    if found.new_types:
        yield f"Not to be known before: {', '.join(found.new_types)}. All of them count as wrong."
        yield ""
    yield from _figures(found.figures)


def _figures(found: Figures) -> Iterator[str]:
    yield (
        f"{found.texts} texts: accuracy {found.accuracy:.3f}, macro F1 {found.macro_f1:.3f}, "
        f"calibration error (ECE) {found.ece:.3f}."
    )
    yield ""
    yield from _table(
        ("Silent below", "Speaks of", "Right when it speaks"),
        [(one.bound, one.coverage, one.accuracy) for one in found.abstention],
    )
    yield ""
    yield from _table(
        ("Confidence from", "below", "Texts", "Mean confidence", "Right"),
        [(one.low, one.high, one.texts, one.confidence, one.accuracy) for one in found.reliability],
    )
    yield ""
    yield from _table(
        ("Issue type", "Texts", "Precision", "Recall", "F1"),
        [(one.label, one.texts, one.precision, one.recall, one.f1) for one in found.types],
    )
    yield ""
    yield from _table(
        ("Language", "Texts", "Right"),
        [(one.language, one.texts, one.accuracy) for one in found.languages],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[_Cell]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(_write, row))} |"


def _write(cell: _Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)
