"""What a stack may be called, and from which port on it may answer."""

import re
from typing import Final

from stack.broken import StackProblem

FIRST_PORT: Final = 1024
LAST_BASE: Final = 65_475

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


def checked_name(given: str) -> str:
    """
    Return a name that can be a folder's.

    Raises:
        StackProblem: It cannot.
    """
    if _NAME.fullmatch(given) is None:
        raise StackProblem(
            f"A stack cannot be called {given!r}: NAME is up to 31 small letters, digits and"
            " hyphens, and begins with a letter or digit."
        )
    return given


def checked_base(given: str) -> int:
    """
    Return the first of the 20 ports of a stack, 60 with the most replicas.

    Raises:
        StackProblem: There are no such ports, or only root may listen there.
    """
    base = int(given) if given.isascii() and given.isdigit() and len(given) <= len("65535") else 0
    if not FIRST_PORT <= base <= LAST_BASE:
        raise StackProblem(
            f"PORT_BASE cannot be {given!r}: it is a number from {FIRST_PORT} to {LAST_BASE},"
            " the first of 20 ports."
        )
    return base
