"""Which problem each of our errors is."""

from chassis.problems import Problem, ProblemTable
from playbook.model import PlaybookNotLoaded
from resolution.handlers.decide_case import DecisionIncomplete
from resolution.handlers.invalidate_letter import InvalidatedAlready
from resolution.handlers.letters_in_force import LetterInvalidated
from resolution.handlers.step_up import StepUpNeeded
from resolution.store.messages import MessageNotFound

PROBLEMS: ProblemTable = {
    DecisionIncomplete: Problem(
        "decision-incomplete",
        "Something that the decision must stand on is missing",
        422,
        help="`errors` names each place: checklist, root cause, reasons, redress or evidence.",
    ),
    InvalidatedAlready: Problem(
        "already-invalidated",
        "This letter was withdrawn already",
        409,
        help="Read the withdrawal that `invalidation` names; it stands.",
    ),
    LetterInvalidated: Problem(
        "letter-invalidated",
        "This letter was withdrawn",
        409,
        help="`invalidation` says when and why; use the template that `instead` names.",
    ),
    MessageNotFound: Problem(
        "not-found",
        "There is no such thing",
        404,
        help="Check the id. When `retryable`, it is so new that it may appear in a moment.",
    ),
    StepUpNeeded: Problem(
        "step-up-needed",
        "It is not proven yet who would read this letter",
        409,
        help="Do what `first` names and settle that point; until then only `instead` goes out.",
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
