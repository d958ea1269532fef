"""Refusals that every service knows: the same code means the same everywhere (api.md §3)."""

from collections.abc import Iterable

from chassis.problems.document import FieldError, Problem, Refusal


class Malformed(Refusal):
    problem = Problem(
        "malformed-json",
        "The body is not the JSON we take",
        400,
        help="Send UTF-8 JSON without NaN, NUL, half characters or repeated keys, at most 32 deep.",
    )

    def __init__(self, reason: str) -> None:
        super().__init__(public={"detail": f"We do not take this body: {reason}."})


class UnsupportedMediaType(Refusal):
    problem = Problem(
        "unsupported-media-type",
        "The body has a type we do not take",
        415,
        help="Send application/json in UTF-8, uncompressed; files as the route describes.",
    )


class TooLarge(Refusal):
    problem = Problem(
        "too-large", "The body is too large", 413, help="JSON bodies hold at most 256 KiB."
    )


class Invalid(Refusal):
    problem = Problem(
        "invalid-body",
        "The request does not fit its schema",
        422,
        help="`errors` names each place and what is wrong with it.",
    )

    def __init__(self, errors: Iterable[FieldError]) -> None:
        super().__init__(errors=errors)


class Unauthenticated(Refusal):
    problem = Problem(
        "unauthenticated",
        "There is no valid access token",
        401,
        help="Get a new access token from the issuer and send it as a bearer token.",
    )


class Forbidden(Refusal):
    problem = Problem(
        "forbidden", "You may not do this", 403, help="Ask someone whose role allows it."
    )

    def __init__(self, *, by_taking: bool = False) -> None:
        """Say what would help: `by_taking`, the case, which a role of the caller reaches then."""
        detail = (
            "Take the case first if it is yours to work; otherwise ask someone whose role allows"
            " it."
        )
        super().__init__(public={"detail": detail} if by_taking else None)


class NeedsHuman(Refusal):
    problem = Problem(
        "needs-human", "A person has to decide this", 403, help="Have a person decide it."
    )


class NeedsAuthority(Refusal):
    problem = Problem(
        "needs-authority",
        "This needs more authority than yours",
        403,
        help="Hand it to someone with the authority that is named.",
    )


class NotFound(Refusal):
    """
    Nothing here has this id, or nothing that the caller may know of.

    `retryable` when the id is so young that its news may still be on the way.
    """

    problem = Problem(
        "not-found",
        "There is no such thing",
        404,
        help="Check the id. When `retryable`, it is so new that it may appear in a moment.",
    )

    def __init__(self, object_id: str | None = None, *, retryable: bool = False) -> None:
        super().__init__()
        self.object_id = object_id
        self.retryable = retryable


class MethodNotAllowed(Refusal):
    problem = Problem("method-not-allowed", "This cannot be done here", 405, help="See /docs.")


class IdempotencyKeyMissing(Refusal):
    problem = Problem(
        "idempotency-key-missing",
        "The Idempotency-Key header is missing or unusable",
        400,
        help="Send a new key for each intent, 1 to 255 visible ASCII characters.",
    )


class IdempotencyKeyReused(Refusal):
    problem = Problem(
        "idempotency-key-reused",
        "This Idempotency-Key came with another body before",
        422,
        help="Use a new key for a new intent; the same key only for the same body.",
    )


class IdempotencyInFlight(Refusal):
    problem = Problem(
        "idempotency-in-flight",
        "The first request with this Idempotency-Key is still running",
        409,
        help="Wait, then send the same request again.",
        retryable=True,
        retry_after=1,
    )


class PreconditionRequired(Refusal):
    problem = Problem(
        "precondition-required",
        "If-Match is required here",
        428,
        help="Read it, then send its ETag as If-Match.",
    )


class PreconditionFailed(Refusal):
    problem = Problem(
        "precondition-failed",
        "It has changed since you read it",
        412,
        help="Read it again: `current` is its version, `last_event_here` what was last done here.",
    )


class NotAllowedNow(Refusal):
    """The state of the case forbids it. Looked at again on its next events for a second."""

    problem = Problem(
        "not-allowed-now",
        "The case's state does not allow this",
        409,
        help="`case_status` is what the case is now, `allowed` what could be done.",
    )

    def __init__(self, *, status: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(public={"case_status": status, "allowed": list(allowed)})


class NotCaughtUp(Refusal):
    problem = Problem(
        "not-caught-up",
        "This service has not yet heard what you refer to",
        409,
        help="Send the same request again in a moment.",
        retryable=True,
        retry_after=1,
    )


class CaseOnHold(Refusal):
    problem = Problem(
        "case-on-hold",
        "This service has set the case aside after an error",
        409,
        help="An operator sees it under /ops/parked. Try again once it is released.",
        retryable=True,
        retry_after=30,
    )


class AlreadyOnFile(Refusal):
    problem = Problem(
        "already-on-file", "This is on file already", 409, help="`existing` is what is on file."
    )

    def __init__(self, existing: str) -> None:
        super().__init__(public={"existing": existing})


class NotOfThisCase(Refusal):
    problem = Problem(
        "not-of-this-case",
        "The value does not belong to this case",
        422,
        help="Send the sealed value as it stands in the case, with that case's id.",
    )


class Erased(Refusal):
    problem = Problem("erased", "It has been erased", 410, help="It is gone for good.")


class TooManyRequests(Refusal):
    problem = Problem(
        "too-many-requests",
        "Too many requests",
        429,
        help="Slow down; Retry-After says for how long.",
        retryable=True,
        retry_after=1,
    )


class Unavailable(Refusal):
    problem = Problem(
        "unavailable",
        "The service cannot do this at the moment",
        503,
        help="Send the same request again after the time in Retry-After.",
        retryable=True,
        retry_after=1,
    )


class VaultUnavailable(Refusal):
    problem = Problem(
        "vault-unavailable",
        "The vault cannot be reached",
        503,
        help="Filing and routing go on; reading restricted values has to wait.",
        retryable=True,
        retry_after=2,
    )
