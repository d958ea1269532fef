"""What a letter's text may do besides saying something: show parameters, choose, go over lists."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import minijinja

from playbook.assets import SEALED_PARAMETERS, ParameterType

_LISTS: Final = frozenset(
    {"evidence_kinds", "codes", "codes?", "questions", "answers", *SEALED_PARAMETERS}
)
_SELLER: Final = "seller.handle"
_MARKUP: Final = re.compile(r"\{\{(.*?)\}\}|\{%[-+]?(.*?)[-+]?%\}", re.DOTALL)
_BRACE: Final = re.compile(r"[{}][{}%]?")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_LOOP: Final = re.compile(r"for\s+[A-Za-z_]\w*\s+in\s+([A-Za-z_]\w*)")
_OF_SELLER: Final = re.compile(r"\bseller\b(?:\.\w+)?")
_WORDS: Final = frozenset({"for", "endfor", "if", "elif", "else", "endif"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a letter may not do. `line` counts from 0 within the text."""

    line: int
    expected: str
    found: str


def faults(text: str, parameters: Mapping[str, ParameterType]) -> Iterator[Fault]:
    """Find calls, loops over anything but a list, other statements, parameters nobody gives."""
    depth = 0
    for block in _MARKUP.finditer(text):
        line = text.count("\n", 0, block.start())
        said = " ".join((block[1] or block[2] or "").split())
        depth += said.startswith("for ") - (said == "endfor")
        for expected in _wrong(said, parameters, depth, is_statement=block[2] is not None):
            yield Fault(line, expected, said)
    yield from _unknown(text, parameters)
    yield from _unreadable(text)


def _unreadable(text: str) -> Iterator[Fault]:
    """Find braces that stand alone, which a seller would read, and blocks that nothing ends."""
    rest = _MARKUP.sub(lambda block: "\n" * block[0].count("\n"), text)
    lonely = _BRACE.search(rest)
    if lonely:
        line = rest.count("\n", 0, lonely.start())
        yield Fault(line, "two braces on both sides, like {{ seller.handle }}", lonely[0])
        return
    try:
        minijinja.Environment().undeclared_variables_in_str(text)
    except minijinja.TemplateError as error:
        expected = "markup that can be read, each {{ with its }}, each {% if %} with its end"
        yield Fault((error.line or 1) - 1, expected, error.detail or "something else")


def mentions(text: str, name: str) -> bool:
    """Say whether a text shows or asks for something of this name, in its markup."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(word.search(_QUOTED.sub("", block[0])) for block in _MARKUP.finditer(text))


def _wrong(
    said: str, parameters: Mapping[str, ParameterType], depth: int, *, is_statement: bool
) -> Iterator[str]:
    if "(" in _QUOTED.sub("", said):
        yield "no call in a letter"
    if is_statement and said.split(" ", maxsplit=1)[0] not in _WORDS:
        yield "only for, if, else and their ends in a letter"
    if is_statement and said.startswith("for "):
        lists = sorted(name for name, kind in parameters.items() if kind in _LISTS)
        loop = _LOOP.fullmatch(said)
        if loop is None or loop[1] not in lists or depth > 1:
            names = ", ".join(lists) or "there is none"
            yield f"a loop over a parameter that is a list ({names}), in no other loop"


def _unknown(text: str, parameters: Mapping[str, ParameterType]) -> Iterator[Fault]:
    known = ", ".join((*parameters, _SELLER))
    for name in sorted(_undeclared(text) - {*parameters, "seller"}):
        line = _line_of(text, re.compile(rf"\b{re.escape(name)}\b"))
        yield Fault(line, f"a parameter of this letter ({known})", name)
    for block in _MARKUP.finditer(text):
        for asked in _OF_SELLER.findall(_QUOTED.sub("", block[0])):
            if asked != _SELLER:
                yield Fault(
                    text.count("\n", 0, block.start()), f"only {_SELLER} of the seller", asked
                )


def _undeclared(text: str) -> frozenset[str]:
    try:
        return frozenset(minijinja.Environment().undeclared_variables_in_str(text))
    except minijinja.TemplateError:
        return frozenset()  # what cannot be read at all is told by itself


def _line_of(text: str, name: re.Pattern[str]) -> int:
    """Find where a name first stands in markup."""
    for block in _MARKUP.finditer(text):
        if found := name.search(block[0]):
            return text.count("\n", 0, block.start() + found.start())
    return 0
