"""Which articles help with a type of issue, in the language asked for or honestly in another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from playbook.closed import DEFAULT_LANGUAGE
from playbook.model import Playbook
from playbook.trees import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An article, the language that was asked for, and the one it is in."""

    article: Article
    asked: str
    got: str

    @property
    def is_translated(self) -> bool:
        return self.asked == self.got


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A language that letters exist in, and an article does not."""

    article: str
    language: str


def articles_for(playbook: Playbook, issue_type: str, language: str) -> tuple[Found, ...]:
    """
    List the articles about a type of issue by name, each in `language` where it exists.

    An article that does not exist in it comes in English, and says so.
    """
    return tuple(
        found
        for written in _written(playbook).values()
        if (found := _in_language(written, language)) and issue_type in found.article.issue_types
    )


def find_article(playbook: Playbook, article: str, language: str) -> Found | None:
    """Find one article in a language, else in English; None if there is none of this name."""
    written = {one.language: one for one in playbook.knowledge if one.article == article}
    return _in_language(written, language)


def gaps(playbook: Playbook) -> Iterator[Gap]:
    """List what is still to be translated. A gap is no fault: the reader gets English."""
    for article, written in _written(playbook).items():
        for language in playbook.guardrails.languages:
            if language not in written:
                yield Gap(article=article, language=language)


def _written(playbook: Playbook) -> dict[str, dict[str, Article]]:
    found: dict[str, dict[str, Article]] = {}
    for article in sorted(playbook.knowledge, key=lambda one: one.article):
        found.setdefault(article.article, {})[article.language] = article
    return found


def _in_language(written: Mapping[str, Article], language: str) -> Found | None:
    spoken = language.lower().split("-")[0]
    article = written.get(spoken) or written.get(DEFAULT_LANGUAGE)
    return Found(article=article, asked=spoken, got=article.language) if article else None
