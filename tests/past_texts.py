"""Labelled texts of the past, made up: enough to train a small text model on."""

import csv
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playbook.history import Labelled
from playbook.text_model_file import TextModelFile, seal_model

SAID = {
    "payout_hold": "payout money bank wait held transfer reserve week",
    "listing_error": "listing title picture wrong category page price brand",
    "chargeback": "card buyer reversed charge dispute issuer fee refund",
}
ANYTHING = "hello please help since last monday order thanks you and the it"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def past_texts(count: int = 120, *, seed: int = 3, noise: float = 0.1) -> list[Labelled]:
    """Make texts a day apart, the types in turn; some speak of another type than they are of."""
    dice = random.Random(seed)
    codes = list(SAID)
    return [
        Labelled(
            line=at + 2,
            text=_text(codes[at % 3] if dice.random() > noise else dice.choice(codes), dice),
            label=codes[at % 3],
            occurred_at=BEGIN + timedelta(days=at),
            language="en",
        )
        for at in range(count)
    ]


def _text(code: str, dice: random.Random) -> str:
    words = dice.choices(SAID[code].split(), k=3) + dice.choices(ANYTHING.split(), k=5)
    return " ".join((*words, str(dice.randint(1000, 9999))))


def write_csv(path: Path, rows: Sequence[Labelled]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as opened:
        lines = csv.writer(opened)
        lines.writerow(("text", "label", "occurred_at", "language"))
        for row in rows:
            lines.writerow((row.text, row.label, row.occurred_at.isoformat(), row.language))
    return path


def small_model(**changed: object) -> TextModelFile:
    """Put together a model that knows one word of each of two types."""
    parts: dict[str, object] = {
        "labels": ["chargeback", "payout_hold"],
        "vocabulary": ["card", "payout"],
        "idf": [1.0, 2.0],
        "coefficients": [[4.0, -4.0], [-4.0, 4.0]],
        "intercept": [0.0, 0.0],
        "temperature": 1.0,
        "bound": 0.8,
        "trained_on": {
            "playbook": "small@1.0.0",
            "rows": 40,
            "first": "2026-01-01",
            "last": "2026-02-01",
            "history": "0" * 64,
            "seed": 7,
        },
    }
    return seal_model(**{**parts, **changed})
