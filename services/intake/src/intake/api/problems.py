"""Which problem an error of intake is."""

from typing import Final

from chassis.problems import Problem, ProblemTable
from intake.domain.appeals import AppealPending, AppealTooLate, NothingToAppeal
from intake.domain.authority import GrantEnded
from intake.domain.documents import (
    CaseTakesNoEvidence,
    CutOff,
    DigestUnreadable,
    FileTooLarge,
    NotAskedFor,
    TooManyFiles,
    WrongMediaType,
)
from intake.domain.filing import AlreadyFiled
from intake.domain.incidents import NoChild, NoIncident, NotLinked, NotProposed
from intake.domain.merging import NoDuplicate, NoSuchOriginal
from intake.domain.messages import CaseTakesNoMessage
from intake.domain.rechecks import CaseTakesNoRecheck
from intake.store.files import FileDamaged
from playbook.model import PlaybookNotLoaded

PROBLEMS: Final[ProblemTable] = {
    AlreadyFiled: Problem(
        "already-on-file",
        "The marketplace's id of this case is on file",
        409,
        help="`existing` is the case, if it is yours. Use a new external_ref for a new case.",
    ),
    CaseTakesNoEvidence: Problem(
        "not-allowed-now",
        "The case has ended",
        409,
        help="`case_status` is what the case is now.",
    ),
    CaseTakesNoMessage: Problem(
        "not-allowed-now",
        "The case has ended",
        409,
        help="`case_status` is what the case is now. Its letter says how to appeal or reopen.",
    ),
    CaseTakesNoRecheck: Problem(
        "not-allowed-now",
        "The case has ended",
        409,
        help="`case_status` is what the case is now. A new check is reported to an open case.",
    ),
    NothingToAppeal: Problem(
        "not-allowed-now",
        "There is no decision to appeal against",
        409,
        help="While the case is open, say it with POST /v1/cases/{id}/messages.",
    ),
    AppealPending: Problem(
        "not-allowed-now",
        "An appeal waits for its answer",
        409,
        help="`existing` is the appeal. Add to it with POST /v1/cases/{id}/messages.",
    ),
    AppealTooLate: Problem(
        "not-allowed-now",
        "The window for appeals is over",
        409,
        help="`appeal_by` is until when an appeal could be filed, as the letter said.",
    ),
    NoIncident: Problem(
        "not-of-this-case",
        "That case cannot be the incident",
        422,
        help="Name an open case of the same marketplace that belongs to no incident itself.",
    ),
    NoChild: Problem(
        "not-allowed-now",
        "The case cannot be linked",
        409,
        help="A case can be linked once, while it is open, and unless others belong to it.",
    ),
    GrantEnded: Problem(
        "not-allowed-now", "The grant has been taken back before", 409, help="Grant it anew."
    ),
    NoSuchOriginal: Problem(
        "not-of-this-case",
        "That case is none that this one repeats",
        422,
        help="Name an open case of the same seller that was filed before this one: the older one "
        "keeps its place.",
    ),
    NoDuplicate: Problem(
        "not-allowed-now",
        "The case cannot be merged",
        409,
        help="A case is merged while it is open and no other belongs to it. Where `open_handoffs` "
        "are named, recall them or wait for the team.",
    ),
    NotProposed: Problem(
        "not-of-this-case",
        "The case was not proposed for that incident",
        422,
        help="`proposed-children` of an incident lists the cases that may belong to it.",
    ),
    NotLinked: Problem(
        "not-allowed-now", "The case belongs to no incident", 409, help="Link it first."
    ),
    TooManyFiles: Problem(
        "too-large", "The case holds 20 files", 413, help="A case holds at most 20 files."
    ),
    FileTooLarge: Problem(
        "too-large", "The file is too large", 413, help="A file has at most 20 MiB."
    ),
    WrongMediaType: Problem(
        "unsupported-media-type",
        "The file has a type we do not take",
        415,
        help="Send a pdf, jpeg or png, and declare it as what it is.",
    ),
    CutOff: Problem(
        "malformed-upload",
        "The upload is incomplete",
        400,
        help="Send multipart/form-data, whole, up to the last boundary.",
    ),
    DigestUnreadable: Problem(
        "malformed-upload",
        "Content-Digest cannot be read",
        400,
        help="Send `sha-256=:<base64>:` of the file (RFC 9530), or none.",
    ),
    NotAskedFor: Problem(
        "not-of-this-case",
        "The case asked for no such item",
        422,
        help="GET /v1/cases/{id}/status lists what is asked for; item and kind have to agree.",
    ),
    PlaybookNotLoaded: Problem(
        "unavailable",
        "The case's playbook is not here",
        503,
        help=PlaybookNotLoaded.what_to_do,
        retryable=True,
        retry_after=30,
    ),
    FileDamaged: Problem(
        "unavailable",
        "The file cannot be read",
        503,
        help="Tell the operators: it is missing or damaged on disk.",
    ),
}
