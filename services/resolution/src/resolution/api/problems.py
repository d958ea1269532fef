"""Which problem each of our errors is."""

from chassis.problems import Problem, ProblemTable
from playbook.model import PlaybookNotLoaded
from resolution.handlers.decide_case import DecisionIncomplete
from resolution.store.messages import MessageNotFound

PROBLEMS: ProblemTable = {
    DecisionIncomplete: Problem(
        "decision-incomplete",
        "Something that the decision must stand on is missing",
        422,
        help="`errors` names each place: checklist, root cause, reasons, redress or evidence.",
    ),
    MessageNotFound: Problem(
        "not-found",
        "There is no such thing",
        404,
        help="Check the id. When `retryable`, it is so new that it may appear in a moment.",
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
