"""What is taken of a text at the door: a language and ids of cues, never a word of it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from playbook.model import Playbook

UNDETERMINED = "und"

_WORD = re.compile(r"\w+")
_Phrase: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSignals:
    """All that decisions may know of a text. A later playbook cannot read the text again."""

    playbook: str
    language: str
    cues: tuple[str, ...]


def read_text(playbook: Playbook, *, subject: str, description: str) -> TextSignals:
    """
    Read a text once, whole word by whole word; time grows with its length only.

    A phrase counts where its words follow each other, whatever stands between them but words.
    """
    parts = [_words(subject), _words(description)]
    return TextSignals(
        playbook=playbook.pin,
        language=_guess_language(playbook, [word for part in parts for word in part]),
        cues=_find_cues(playbook, parts),
    )


def has_phrase(text: str, phrases: Sequence[str]) -> bool:
    """Say whether one of these phrases stands in a text, as whole words."""
    known = {tuple(_words(phrase)): phrase for phrase in phrases}
    lengths = sorted({len(phrase) for phrase in known})
    return any(True for _ in _spot(_words(text), known, lengths))


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _guess_language(playbook: Playbook, words: Sequence[str]) -> str:
    counts = {
        language: len([word for word in words if word in stop_words])
        for language, stop_words in (
            (language, frozenset(known)) for language, known in playbook.taxonomy.stop_words.items()
        )
    }
    best = max(counts.values(), default=0)
    leaders = [language for language, count in counts.items() if count == best]
    return leaders[0] if best and len(leaders) == 1 else UNDETERMINED


def _find_cues(playbook: Playbook, parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    phrases = dict(_phrases(playbook))
    lengths = sorted({len(phrase) for phrase in phrases})
    found = {cue for words in parts for cue in _spot(words, phrases, lengths)}
    return tuple(cue.id for cue in playbook.taxonomy.cues if cue.id in found)


def _phrases(playbook: Playbook) -> Iterator[tuple[_Phrase, str]]:
    for cue in playbook.taxonomy.cues:
        for texts in cue.phrases.values():
            for text in texts:
                yield tuple(_words(text)), cue.id


def _spot(
    words: Sequence[str], phrases: Mapping[_Phrase, str], lengths: Sequence[int]
) -> Iterator[str]:
    for start in range(len(words)):
        for length in lengths:
            cue = phrases.get(tuple(words[start : start + length]))
            if cue is not None:
                yield cue
