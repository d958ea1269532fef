"""How the vault's errors look from outside."""

from http import HTTPStatus

from chassis.problems import Problem, ProblemTable
from chassis.vault import NotOfThisKey
from vault.domain.keys import ClassNotCleared, KeyDestroyed, KeyForeign

_FOREIGN = Problem(
    "not-of-this-case",
    "The value was not sealed for this case",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    help="Send each value with the case in whose events or answers it stands, unchanged.",
)

PROBLEMS: ProblemTable = {
    KeyForeign: _FOREIGN,
    NotOfThisKey: _FOREIGN,
    KeyDestroyed: Problem(
        "erased",
        "The seller was erased",
        HTTPStatus.GONE,
        help="What was sealed for this seller cannot be opened by anyone, anywhere.",
    ),
    ClassNotCleared: Problem(
        "forbidden",
        "You are not cleared for this class of values",
        HTTPStatus.FORBIDDEN,
        help="Clearances are part of your role: ask whoever grants roles.",
    ),
}
