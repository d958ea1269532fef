"""`playbook train`: from labelled texts to a text model, and how good it is."""

from pathlib import Path
from typing import Annotated

import typer

from playbook.fitting import TrainingImpossible
from playbook.history import read_history
from playbook.model import Playbook
from playbook.text_model_file import MOST_TERMS, write_model
from playbook.training import Report, train
from playbook.training_report import to_json, to_markdown
from playbook.trials import Wish

Texts = Annotated[
    Path,
    typer.Argument(help="CSV or JSON lines with text, label, occurred_at and, maybe, language."),
]
To = Annotated[Path | None, typer.Option(help="Where to write the model; else only the report.")]
ReportTo = Annotated[
    Path | None, typer.Option(help="Where to write the report: as .md, and beside it as .json.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed and file, the same model.")]
Right = Annotated[
    float, typer.Option(min=0.5, max=1.0, help="How much of what it says has to be right.")
]
Terms = Annotated[
    int, typer.Option(min=100, max=MOST_TERMS, help="The most words that it may know.")
]


def train_model(
    playbook: Playbook, texts: Path, *, to: Path | None, report: Path | None, wish: Wish
) -> None:
    """
    Train, print the report, and write what was asked for.

    Raises:
        HistoryInvalid: The file of texts, with every row that is wrong.
        TrainingImpossible: Nothing to train with, or no bound keeps enough right.
    """
    history = read_history(texts, [one.code for one in playbook.taxonomy.issue_types])
    trained = train(history, wish)
    for line in to_markdown(trained.report):
        typer.echo(line)
    if report is not None:
        _write_report(report, trained.report)
    if trained.file is None:
        raise TrainingImpossible(
            f"no bound keeps {wish.right:.0%} right, so no model is written: "
            "more history is needed, or a lower --right"
        )
    if to is not None:
        write_model(to, trained.file)
        typer.echo(f"\n{to}: sha256 {trained.file.digest}")


def _write_report(path: Path, report: Report) -> None:
    path.with_suffix(".md").write_text("\n".join(to_markdown(report)) + "\n", encoding="utf-8")
    path.with_suffix(".json").write_text(to_json(report), encoding="utf-8")
