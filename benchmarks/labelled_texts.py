"""Make labelled texts from a playbook's own words, to try `playbook train` where no history is."""

import argparse
import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from playbook.load import load_playbook
from playbook.model import Playbook
from playbook.policies import IssueType

_CORE: Final = Path(__file__).parents[1] / "playbooks" / "marketplace-core"
_LANGUAGES: Final = {"en": 5, "de": 2, "fr": 1, "es": 1, "pl": 1}
_BEGIN: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
_DAYS: Final = 300
_DRIFT_FROM: Final = 0.8
_SMALL_TALK: Final = {
    "en": [
        "hello",
        "please help",
        "this is urgent",
        "nobody answers me",
        "since last week",
        "thanks",
    ],
    "de": [
        "guten tag",
        "bitte um hilfe",
        "es ist dringend",
        "niemand antwortet",
        "seit tagen",
        "danke",
    ],
    "fr": ["bonjour", "aidez moi", "c'est urgent", "personne ne répond", "depuis lundi", "merci"],
    "es": ["hola", "ayuda por favor", "es urgente", "nadie responde", "desde el lunes", "gracias"],
    "pl": [
        "dzień dobry",
        "proszę o pomoc",
        "to pilne",
        "nikt nie odpowiada",
        "od tygodnia",
        "dziękuję",
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How far texts are from what the playbook expects; each a chance from 0 to 1."""

    says_cue: float
    says_other_cue: float
    misspells: float
    wrong_label: float = 0.02


EARLY: Final = Noise(says_cue=0.6, says_other_cue=0.10, misspells=0.05)
LATE: Final = Noise(says_cue=0.4, says_other_cue=0.15, misspells=0.10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a seller may say of one type in one language."""

    cues: Sequence[str]
    words: Sequence[str]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("file", type=Path, help="the CSV to write")
    asked.add_argument("--texts", type=int, default=4000)
    asked.add_argument("--seed", type=int, default=7)
    said = asked.parse_args()
    with said.file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(("text", "label", "occurred_at", "language"))
        rows.writerows(make(load_playbook(_CORE), said.texts, random.Random(said.seed)))


def make(playbook: Playbook, texts: int, dice: random.Random) -> Iterator[tuple[str, ...]]:
    """Make rows, the oldest first; from four fifths on, types, words and spelling are others."""
    types = playbook.taxonomy.issue_types
    said = {(one.code, lang): _words(playbook, one, lang) for one in types for lang in _LANGUAGES}
    codes = [one.code for one in types]
    shares = [1 / (1 + at) ** 0.6 for at in range(len(codes))]
    later = [1.0] * len(codes)
    for at in range(texts):
        is_late = at >= texts * _DRIFT_FROM
        (code,) = dice.choices(codes, later if is_late else shares)
        (language,) = dice.choices([*_LANGUAGES], [*_LANGUAGES.values()])
        noise = LATE if is_late else EARLY
        other = said[dice.choice(codes), language]
        text = _text(said[code, language], other, language, noise, dice, is_late=is_late)
        label = dice.choice(codes) if dice.random() < noise.wrong_label else code
        when = _BEGIN + timedelta(days=_DAYS) * (at / texts)
        yield text, label, when.isoformat(timespec="seconds"), language


def _words(playbook: Playbook, known: IssueType, language: str) -> Words:
    """Take cues of the type's rules, and the words of its questions and documents."""
    ids = {word for row in known.rules for word in row.when.get("cues", "").split(" | ")}
    cues = [cue for cue in playbook.taxonomy.cues if cue.id in ids]
    kinds = [playbook.evidence_kind(kind) for kind in known.evidence]
    told = [
        known.name.say(language),
        *(field.question.say(language) for field in known.facts),
        *(kind.name.say(language) for kind in kinds if kind),
        *(item.text.say(language) for item in playbook.checklist(known.code).items),
    ]
    return Words(
        cues=[phrase for cue in cues for phrase in cue.phrases.get(language, ())],
        words=[word for one in told for word in one.lower().split()],
    )


def _text(
    own: Words, other: Words, language: str, noise: Noise, dice: random.Random, *, is_late: bool
) -> str:
    parts = [dice.choice(_SMALL_TALK[language])]
    if own.cues and dice.random() < noise.says_cue:
        parts.append(dice.choice(_half(own.cues, is_late=is_late)))
    if other.cues and dice.random() < noise.says_other_cue:
        parts.append(dice.choice(other.cues))
    start = dice.randrange(len(own.words))
    parts += own.words[start : start + dice.randint(3, 10)]
    parts += dice.sample(other.words, min(len(other.words), dice.randint(0, 3)))
    parts.append(f"{dice.randint(10_000, 99_999)}")
    dice.shuffle(parts)
    return " ".join(_misspelt(part, noise, dice) for part in parts)


def _half(cues: Sequence[str], *, is_late: bool) -> Sequence[str]:
    """The last third of the phrases comes up only late: what sellers call a thing changes."""
    kept = max(1, len(cues) * 2 // 3)
    return cues if is_late else cues[:kept]


def _misspelt(part: str, noise: Noise, dice: random.Random) -> str:
    if len(part) < 4 or dice.random() >= noise.misspells:  # noqa: PLR2004 - short words stay words
        return part
    at = dice.randrange(1, len(part) - 1)
    return part[:at] + part[at + 1] + part[at] + part[at + 2 :]


if __name__ == "__main__":
    main()
