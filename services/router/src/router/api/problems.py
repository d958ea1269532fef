"""How the router's errors look from outside."""

from http import HTTPStatus

from chassis.problems import Problem, ProblemTable
from playbook.model import PlaybookNotLoaded
from router.domain.work import CaseTaken, MemberNotFound, MemberNotSuited, OfferNotOpen, QueueBusy
from router.handlers.freeze_routing import RoutingIsFrozen

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
    OfferNotOpen: Problem(
        _NOT_NOW,
        "The case is not offered to you, or not any more",
        HTTPStatus.CONFLICT,
        help="An offer lapses by itself. Claim the case if nobody has it.",
    ),
    RoutingIsFrozen: Problem(
        _NOT_NOW,
        "The case went to and fro: its routing is frozen",
        HTTPStatus.CONFLICT,
        help="`arbiter` decides whose it is: POST …/arbitration.",
    ),
    PlaybookNotLoaded: Problem(
        "unavailable",
        "The case's playbook is not here",
        503,
        help=PlaybookNotLoaded.what_to_do,
        retryable=True,
        retry_after=30,
    ),
    QueueBusy: Problem(
        "unavailable",
        "Others are just taking the cases of this queue",
        HTTPStatus.SERVICE_UNAVAILABLE,
        help="Ask again at once: by then it is known who has which.",
        retryable=True,
        retry_after=1,
    ),
}
