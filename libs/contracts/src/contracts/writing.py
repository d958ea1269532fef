"""What writers check before they say a fact; readers take any word."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from contracts.words import OneOf


class UnknownWord(ValueError):
    """A field holds a word outside of its list. Never the word itself: it may be anything."""


def check_words(fact: BaseModel) -> None:
    """
    Make sure that every field with a list of words holds one of them, however deep.

    Raises:
        UnknownWord: It names the field.
    """
    for name, words, is_deep in _fields(type(fact)):
        value = getattr(fact, name)
        if words is not None:
            _check(value, words, f"{type(fact).__name__}.{name}")
        if is_deep:
            for part in _parts(value):
                check_words(part)


def _check(value: Any, words: frozenset[str], where: str) -> None:  # noqa: ANN401 - a field of any type
    spoken = [value] if isinstance(value, str) else value or ()
    if any(word not in words for word in spoken):
        raise UnknownWord(where)


def _parts(value: Any) -> Iterator[BaseModel]:  # noqa: ANN401 - a field of any type
    if isinstance(value, BaseModel):
        yield value
    elif isinstance(value, dict):
        yield from (part for part in value.values() if isinstance(part, BaseModel))
    elif isinstance(value, list | tuple):
        yield from (part for part in value if isinstance(part, BaseModel))


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, frozenset[str] | None, bool], ...]:
    """Say of each field that matters which words it may hold, and whether it has parts."""
    found = (
        (name, _words(field.annotation, *field.metadata), _has_parts(field.annotation))
        for name, field in model.model_fields.items()
    )
    return tuple(one for one in found if one[1] is not None or one[2])


def _words(annotation: Any, *metadata: object) -> frozenset[str] | None:  # noqa: ANN401 - a type
    for note in metadata:
        if isinstance(note, OneOf):
            return note.words
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        return _words(inner, *notes)
    nested = (_words(argument) for argument in get_args(annotation))
    return next((words for words in nested if words is not None), None)


def _has_parts(annotation: Any) -> bool:  # noqa: ANN401 - a type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_has_parts(argument) for argument in get_args(annotation))
