"""How the router's errors look from outside."""

from http import HTTPStatus

from chassis.problems import Problem, ProblemTable
from router.domain.work import CaseTaken, MemberNotFound, MemberNotSuited

_NOT_NOW = "not-allowed-now"

PROBLEMS: ProblemTable = {
    MemberNotFound: Problem(
        "invalid-body",
        "Nobody here has this id or login",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        help="Name a member by `mem_…` or by login: GET /v1/members lists them.",
    ),
    CaseTaken: Problem(
        _NOT_NOW,
        "Somebody else has the case",
        HTTPStatus.CONFLICT,
        help="`assigned_to` says who. Ask them, or a supervisor.",
    ),
    MemberNotSuited: Problem(
        _NOT_NOW,
        "The member may not take this case",
        HTTPStatus.CONFLICT,
        help="`lacks` says what is missing: a team, a skill, or room for one more case.",
    ),
}
