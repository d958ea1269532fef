"""How handoff's errors look from outside."""

from http import HTTPStatus

from chassis.problems import NotFound, Problem, ProblemTable
from handoff.domain.handoffs import HandoffNotFound, ReplyNotAllowed, RoutingIsFrozen
from handoff.handlers.request_handoff import ContractUnmet
from playbook.model import PlaybookNotLoaded

PROBLEMS: ProblemTable = {
    ContractUnmet: Problem(
        "handoff-contract-unmet",
        "The team's contract asks for more",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        help="`errors` points at each place. GET /v1/contracts/{team} shows the whole schema;"
        " `?dry_run=true` tries without sending.",
    ),
    ReplyNotAllowed: Problem(
        "not-allowed-now",
        "The handoff's state does not allow this",
        HTTPStatus.CONFLICT,
        help="`state` says where it is. A handoff that has ended is not reopened: offer it anew.",
    ),
    RoutingIsFrozen: Problem(
        "not-allowed-now",
        "The case went to and fro: it is handed to nobody for now",
        HTTPStatus.CONFLICT,
        help="`arbiter`, or whoever is `arbiter_role`, decides whose it is:"
        " POST /v1/cases/{id}/arbitration at the router. Then hand it on.",
    ),
    PlaybookNotLoaded: Problem(
        "unavailable",
        "The case's playbook is not here",
        503,
        help=PlaybookNotLoaded.what_to_do,
        retryable=True,
        retry_after=30,
    ),
    HandoffNotFound: NotFound.problem,
}
