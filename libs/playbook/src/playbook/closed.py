"""What every policy file is made of: closed frozen models, words in languages, durations."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    WithJsonSchema,
)

DEFAULT_LANGUAGE = "en"

_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])", re.ASCII)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WEEK = 7 * 86400

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""A word of the playbook. Anything that may appear in an event in clear is one."""


def _duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a duration like 90s, 15m, 8h or 14d")
    return timedelta(seconds=int(match[1]) * _UNIT_SECONDS[match[2]])


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"}),
]
"""Whole seconds, counted on a calendar; a day is 24 hours of it."""


def say_duration(duration: timedelta) -> str:
    """Write a duration as a file does: `90s`, `15m`, `40h`; days only from a week on."""
    seconds = int(duration.total_seconds())
    for unit, size in sorted(_UNIT_SECONDS.items(), key=lambda one: -one[1]):
        if seconds % size == 0 and seconds >= (_WEEK if unit == "d" else size):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


class Closed(BaseModel):
    """A part of the playbook. A misspelt key is an error, never ignored."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )


class Words(RootModel[dict[Code, Annotated[str, Field(min_length=1)]]]):
    """One text, a wording per language."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    def say(self, language: str) -> str:
        """Say it in a language, or in English: the loader has seen that it is there."""
        return self.root.get(language) or self.root[DEFAULT_LANGUAGE]


class InnerWords(Words):
    """One text that only colleagues read, so English is enough."""


def walk_words(
    part: object, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Words]]:
    """Find every text below a part, with its path in the file."""
    if isinstance(part, Words):
        yield path, part
    elif isinstance(part, Closed):
        for name in type(part).model_fields:
            yield from walk_words(getattr(part, name), (*path, name))
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from walk_words(value, (*path, key))
    elif isinstance(part, tuple):
        for index, value in enumerate(part):
            yield from walk_words(value, (*path, index))
