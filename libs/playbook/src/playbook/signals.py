"""What is taken of a text at the door: a language and ids of cues, never a word of it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

from playbook.model import Playbook
from playbook.policies import Taxonomy

UNDETERMINED = "und"

_KEPT: Final = 64
_TEXTS_KEPT: Final = 4096
_WORD = re.compile(r"\w+")
_Said = TypeVar("_Said")
_Phrases: TypeAlias = Mapping[str, Sequence[tuple[list[str], _Said]]]
"""By the first word: the phrases that begin with it, and what each of them says."""


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


# The letters of a playbook are asked again with each version, and few of them have changed.
@lru_cache(maxsize=_TEXTS_KEPT)
def which_lists(text: str, lists: tuple[tuple[str, ...], ...]) -> tuple[int, ...]:
    """Tell which of these lists have a phrase that stands in a text, as whole words."""
    spotted = _spot(words_of(text), _taken_apart(lists))
    return tuple(sorted({at for places in spotted for at in places}))


@lru_cache(maxsize=_KEPT)
def _taken_apart(lists: tuple[tuple[str, ...], ...]) -> _Phrases[tuple[int, ...]]:
    known: dict[tuple[str, ...], tuple[int, ...]] = {}
    for at, phrases in enumerate(lists):
        for phrase in phrases:
            words = tuple(words_of(phrase))
            known[words] = (*known.get(words, ()), at)
    return _by_first_word(known)


def words_of(text: str) -> list[str]:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _WORD.findall(plain.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lexicon:
    """What a playbook's words are looked up in."""

    taxonomy: Taxonomy
    stop_words: Mapping[str, frozenset[str]]
    phrases: _Phrases[str]


# By the identity of a taxonomy, which is kept with it, since an id is free after its end.
_LEXICONS: Final[dict[int, _Lexicon]] = {}


def _lexicon(taxonomy: Taxonomy) -> _Lexicon:
    """Take words and phrases apart once for all texts."""
    known = _LEXICONS.get(id(taxonomy))
    if known is not None and known.taxonomy is taxonomy:
        return known
    made = _Lexicon(
        taxonomy=taxonomy,
        stop_words={name: frozenset(words) for name, words in taxonomy.stop_words.items()},
        phrases=_by_first_word(dict(_phrases(taxonomy))),
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


def _find_cues(lexicon: _Lexicon, parts: Sequence[list[str]]) -> tuple[str, ...]:
    found = {cue for words in parts for cue in _spot(words, lexicon.phrases)}
    return tuple(cue.id for cue in lexicon.taxonomy.cues if cue.id in found) if found else ()


def _phrases(taxonomy: Taxonomy) -> Iterator[tuple[tuple[str, ...], str]]:
    for cue in taxonomy.cues:
        for texts in cue.phrases.values():
            for text in texts:
                yield tuple(words_of(text)), cue.id


def _by_first_word(phrases: Mapping[tuple[str, ...], _Said]) -> _Phrases[_Said]:
    found: dict[str, list[tuple[list[str], _Said]]] = {}
    for phrase, said in phrases.items():
        if phrase:
            found.setdefault(phrase[0], []).append((list(phrase), said))
    return found


def _spot(words: list[str], phrases: _Phrases[_Said]) -> Iterator[_Said]:
    for start, word in enumerate(words):
        for phrase, said in phrases.get(word, ()):
            if words[start : start + len(phrase)] == phrase:
                yield said
