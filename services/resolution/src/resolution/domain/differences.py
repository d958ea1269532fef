"""What differs between a document and the account, where a rejection says it to the seller."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from playbook import templates
from playbook.case import Problem
from playbook.differing import DIFFERENCES, hint, tell_differences
from playbook.model import Playbook

POINTER: Final = "/differences"


def check_differences(
    playbook: Playbook,
    given: Sequence[Mapping[str, str]],
    *,
    letter: str | None,
    reason: str | None,
) -> Iterator[Problem]:
    """
    Hold what a judge says differs against the letter that asks again; None: none goes out.

    A reason that says nothing without both values needs them, wherever the letter has a place.
    No problem repeats a value: they are personal data.
    """
    has_place = letter is not None and DIFFERENCES in templates.parameters(playbook, letter)
    fields = playbook.codes.differing
    if given and not has_place:
        yield _problem("not-taken", "no letter goes out that would say them: leave them out")
    elif given and tell_differences(given, lambda one: _known(one, fields)) is None:
        yield _problem("invalid-body", hint(fields))
    elif has_place and not given and reason in playbook.codes.difference_reasons:
        yield _problem("missing", f"{reason} tells the seller nothing alone: {hint(fields)}")


def _known(field: object, fields: Sequence[str]) -> str | None:
    return field if isinstance(field, str) and field in fields else None


def _problem(code: str, detail: str) -> Problem:
    return Problem(pointer=POINTER, code=code, detail=detail)
