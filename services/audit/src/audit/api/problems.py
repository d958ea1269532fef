"""Which problem each of our errors is."""

from audit.handlers.clear_bodies import HeldBodies
from audit.handlers.export_subject import ExportTooLarge, NotSignedYet
from chassis.problems import Problem, ProblemTable

PROBLEMS: ProblemTable = {
    NotSignedYet: Problem(
        "not-caught-up",
        "This service has not yet heard what you refer to",
        409,
        help="Send the same request again in a moment.",
        retryable=True,
        retry_after=1,
    ),
    ExportTooLarge: Problem(
        "too-large",
        "The export is too large",
        413,
        help="One export holds at most 10,000 events.",
    ),
    HeldBodies: Problem(
        "under-legal-hold",
        "A legal hold stands",
        409,
        help="Nothing was cleared. The hourly round clears what no hold keeps.",
    ),
}
