"""What is taken of a text at the door: a language and ids of cues, never a word of it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from playbook.model import Playbook
from playbook.policies import Taxonomy

UNDETERMINED = "und"

_KEPT: Final = 64
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
    lexicon, parts = _lexicon(playbook.taxonomy), [words_of(subject), words_of(description)]
    return TextSignals(
        playbook=playbook.pin,
        language=_guess_language(lexicon, [word for part in parts for word in part]),
        cues=_find_cues(lexicon, parts),
    )


def find_cues(playbook: Playbook, *, subject: str, description: str) -> tuple[str, ...]:
    """Find the cues that `read_text` finds, and guess no language."""
    return _find_cues(_lexicon(playbook.taxonomy), [words_of(subject), words_of(description)])


def has_phrase(text: str, phrases: Sequence[str]) -> bool:
    """Say whether one of these phrases stands in a text, as whole words."""
    known = {tuple(words_of(phrase)): phrase for phrase in phrases}
    lengths = sorted({len(phrase) for phrase in known})
    return any(True for _ in _spot(words_of(text), known, lengths))


def words_of(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lexicon:
    """What a playbook's words are looked up in."""

    taxonomy: Taxonomy
    stop_words: Mapping[str, frozenset[str]]
    phrases: Mapping[_Phrase, str]
    lengths: tuple[int, ...]


# By the identity of a taxonomy, which is kept with it, since an id is free after its end.
_LEXICONS: Final[dict[int, _Lexicon]] = {}


def _lexicon(taxonomy: Taxonomy) -> _Lexicon:
    """Take words and phrases apart once for all texts."""
    known = _LEXICONS.get(id(taxonomy))
    if known is not None and known.taxonomy is taxonomy:
        return known
    phrases = dict(_phrases(taxonomy))
    made = _Lexicon(
        taxonomy=taxonomy,
        stop_words={name: frozenset(words) for name, words in taxonomy.stop_words.items()},
        phrases=phrases,
        lengths=tuple(sorted({len(phrase) for phrase in phrases})),
    )
    if len(_LEXICONS) >= _KEPT:
        _LEXICONS.clear()
    _LEXICONS[id(taxonomy)] = made
    return made


def _guess_language(lexicon: _Lexicon, words: Sequence[str]) -> str:
    counts = {
        language: sum(word in stop_words for word in words)
        for language, stop_words in lexicon.stop_words.items()
    }
    best = max(counts.values(), default=0)
    leaders = [language for language, count in counts.items() if count == best]
    return leaders[0] if best and len(leaders) == 1 else UNDETERMINED


def _find_cues(lexicon: _Lexicon, parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    found = {cue for words in parts for cue in _spot(words, lexicon.phrases, lexicon.lengths)}
    return tuple(cue.id for cue in lexicon.taxonomy.cues if cue.id in found)


def _phrases(taxonomy: Taxonomy) -> Iterator[tuple[_Phrase, str]]:
    for cue in taxonomy.cues:
        for texts in cue.phrases.values():
            for text in texts:
                yield tuple(words_of(text)), cue.id


def _spot(
    words: Sequence[str], phrases: Mapping[_Phrase, str], lengths: Sequence[int]
) -> Iterator[str]:
    for start in range(len(words)):
        for length in lengths:
            cue = phrases.get(tuple(words[start : start + length]))
            if cue is not None:
                yield cue
