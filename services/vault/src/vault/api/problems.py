"""How the vault's errors look from outside."""

from http import HTTPStatus

from chassis.problems import Problem, ProblemTable
from chassis.vault import NotOfThisKey
from vault.domain.erasure import AskedOtherwise, CaseStillOpen, LegalHold
from vault.domain.keys import ClassNotCleared, KeyDestroyed, KeyForeign
from vault.handlers.erase_seller import SellerUnknown

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
    SellerUnknown: Problem(
        "not-found", "There is no such thing", HTTPStatus.NOT_FOUND, help="Check the id."
    ),
    LegalHold: Problem(
        "under-legal-hold",
        "A legal hold stands",
        HTTPStatus.CONFLICT,
        help="Have the hold released at audit, by two people, or leave the seller as it is.",
    ),
    CaseStillOpen: Problem(
        "not-allowed-now",
        "A case of the seller is open",
        HTTPStatus.CONFLICT,
        help="End the cases that are named first.",
    ),
    AskedOtherwise: Problem(
        "not-allowed-now",
        "The erasure was asked for on another legal basis",
        HTTPStatus.CONFLICT,
        help="Agree to the basis that is named.",
    ),
}
