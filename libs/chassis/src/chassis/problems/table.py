"""One table per service says which problem an error is."""

from collections.abc import Mapping

from chassis.problems import refusals
from chassis.problems.document import INTERNAL, Problem, ProblemTable, Refusal

_KINDS: tuple[type[Refusal], ...] = (
    refusals.Malformed,
    refusals.UnsupportedMediaType,
    refusals.TooLarge,
    refusals.Invalid,
    refusals.Unauthenticated,
    refusals.Forbidden,
    refusals.NeedsHuman,
    refusals.NeedsAuthority,
    refusals.NotFound,
    refusals.MethodNotAllowed,
    refusals.IdempotencyKeyMissing,
    refusals.IdempotencyKeyReused,
    refusals.IdempotencyInFlight,
    refusals.PreconditionRequired,
    refusals.PreconditionFailed,
    refusals.NotAllowedNow,
    refusals.NotCaughtUp,
    refusals.CaseOnHold,
    refusals.AlreadyOnFile,
    refusals.NotOfThisCase,
    refusals.Erased,
    refusals.TooManyRequests,
    refusals.Unavailable,
    refusals.VaultUnavailable,
)

COMMON: dict[str, Problem] = {refusal.problem.slug: refusal.problem for refusal in _KINDS} | {
    INTERNAL.slug: INTERNAL
}
"""Every problem that each service may answer, by slug: the same code means the same everywhere."""

STATUSES: Mapping[str, int] = {slug: problem.status for slug, problem in COMMON.items()} | {
    "handoff-contract-unmet": 422,
    "decision-incomplete": 422,
}
"""Statuses that are fixed by the API for slugs that the services' own tables may use."""


class TableContradicts(Exception):
    """A service's table gives a known slug another status."""


def check_table(table: ProblemTable) -> None:
    """Hold a service's table to the statuses that are the same everywhere (api.md §3)."""
    for error, problem in table.items():
        expected = STATUSES.get(problem.slug, problem.status)
        if expected != problem.status:
            raise TableContradicts(f"{error.__name__}: {problem.slug} is {expected} everywhere.")


def find_problem(error: Exception, table: ProblemTable) -> Problem | None:
    """Find the problem of an error: its own, or the table's for its nearest class."""
    if isinstance(error, Refusal):
        return error.problem
    return next((table[kind] for kind in type(error).__mro__ if kind in table), None)
