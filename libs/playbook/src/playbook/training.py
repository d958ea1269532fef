"""Train a text model on labelled texts, and say how good it is."""

from dataclasses import dataclass

from playbook.fitting import learn
from playbook.history import History
from playbook.text_figures import Figures
from playbook.text_model_file import TextModelFile, seal_model
from playbook.trials import OverTime, Wish, try_in_parts, try_over_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it. `over_time` is None where all texts are of one moment or of one type."""

    rows: int
    texts: int
    first: str
    last: str
    wish: Wish
    temperature: float
    bound: float | None
    crossed: Figures
    over_time: OverTime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The model, unless no bound keeps enough right, and how good it is."""

    file: TextModelFile | None
    report: Report


def train(history: History, wish: Wish) -> Trained:
    """
    Train on all texts, and try on texts that were not trained on, in two ways.

    Five parts, each tried with a model of the other four; and the newest fifth with a model of
    what came before. The temperature and the bound come from the five parts.

    Raises:
        TrainingImpossible: scikit-learn is not installed, or no word comes often enough.
    """
    rows = history.rows
    tried = try_in_parts(rows, wish)
    report = Report(
        rows=len(rows),
        texts=len({row.key for row in rows}),
        first=rows[0].occurred_at.isoformat(),
        last=rows[-1].occurred_at.isoformat(),
        wish=wish,
        temperature=tried.temperature,
        bound=tried.bound,
        crossed=tried.figures,
        over_time=try_over_time(rows, wish),
    )
    if tried.bound is None:
        return Trained(file=None, report=report)
    file = _whole(history, wish, temperature=tried.temperature, bound=tried.bound)
    return Trained(file=file, report=report)


def _whole(history: History, wish: Wish, *, temperature: float, bound: float) -> TextModelFile:
    rows = history.rows
    return seal_model(
        **learn(rows, most_terms=wish.most_terms),
        temperature=temperature,
        bound=bound,
        trained_on={
            "playbook": wish.playbook,
            "rows": len(rows),
            "first": rows[0].occurred_at.isoformat(),
            "last": rows[-1].occurred_at.isoformat(),
            "history": history.digest,
            "seed": wish.seed,
        },
    )
