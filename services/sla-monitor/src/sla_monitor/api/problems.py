"""How errors of the SLA monitor look from outside."""

from typing import Final

from chassis.problems import Problem, ProblemTable
from playbook.model import PlaybookNotLoaded
from sla_monitor.domain.climbing import CodeUnknown, LevelUnknown
from sla_monitor.domain.council import NoMajority, NoQuorum
from sla_monitor.domain.escalations import EscalationNotFound, EscalationOver

PROBLEMS: Final[ProblemTable] = {
    CodeUnknown: Problem(
        "invalid-body",
        "The request does not fit the playbook",
        422,
        help="`errors` names the playbook's list that the code has to be on.",
    ),
    LevelUnknown: Problem(
        "invalid-body",
        "The ladder has no such level",
        422,
        help="`errors` names the levels that the playbook knows for this case.",
    ),
    EscalationNotFound: Problem(
        "not-found",
        "There is no such escalation",
        404,
        help="Check the id: GET /v1/escalations lists those of your marketplaces.",
    ),
    EscalationOver: Problem(
        "not-allowed-now",
        "The escalation is over",
        409,
        help="It was resolved. If someone has to look again, raise another one.",
    ),
    NoQuorum: Problem(
        "no-quorum",
        "Too few members of the council have voted",
        409,
        help="`votes` were cast of the `quorum` that the playbook asks for; vote first.",
    ),
    NoMajority: Problem(
        "no-majority",
        "Not more than half of the votes are for this outcome",
        409,
        help="Decide what most voted for, or let members vote anew.",
    ),
    PlaybookNotLoaded: Problem(
        "unavailable",
        "The case's playbook is not here",
        503,
        help=PlaybookNotLoaded.what_to_do,
        retryable=True,
        retry_after=30,
    ),
}
