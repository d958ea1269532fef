"""What an endpoint gets: who calls, whether they may, and the door behind which it works."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response

from chassis import positions
from chassis.auth import (
    PUBLIC,
    Action,
    Allow,
    InvalidToken,
    IssuerUnavailable,
    Principal,
    Reason,
    Resource,
    UnusableIdentity,
    decide,
    principal_of,
    resource_of,
)
from chassis.auth.decide import is_for_workers, may_try
from chassis.door import Tx
from chassis.http.cases import FindCase, Permit, Work, find_case
from chassis.http.desk import Desk
from chassis.http.models import Masked, Restricted
from chassis.http.reading import read
from chassis.http.writing import Write, write
from chassis.problems import (
    FieldError,
    Forbidden,
    Invalid,
    NeedsAuthority,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from chassis.strict_json import BODY, LARGEST_BODY
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue

log = structlog.get_logger()

SHED_RETRY_AFTER: Final = 5
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_BEARER: Final = "bearer"
_NUL: Final = "\x00"
NOBODY: Final = Principal(subject="nobody", kind="front_end", roles=())
"""Who calls a public page."""


class Overloaded(Unavailable):
    """So much waits to be published that nothing more is taken on."""

    retry_after = SHED_RETRY_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request by someone who may, as far as can be known before anything is looked up."""

    request: Request
    desk: Desk
    action: Action
    principal: Principal
    token: str
    transient: bool = False

    def permit(self, resource: Resource, *, named: str | None = None) -> Allow:
        """
        Go on only if the principal may do this to that; `named` is its id, if a body names it.

        Raises:
            NotFound: It is of another marketplace or seller: there is no such thing for them.
            Forbidden: They may know of it, but not do this.
        """
        decision = decide(self.principal, self.action, resource)
        if isinstance(decision, Allow):
            return decision
        if decision.reason is Reason.UNKNOWN:
            raise NotFound(named)
        raise Forbidden(by_taking=is_for_workers(self.principal, self.action))

    def permit_case(self, state: CaseState) -> Allow:
        """Go on only if the principal may do this to the case. Raises as `permit` does."""
        return self.permit(resource_of(state), named=state.case_id)

    def permit_marketplace(self, marketplace: str) -> None:
        """
        Go on only in one of the principal's marketplaces.

        Raises:
            NotFound: It is another.
        """
        if marketplace not in self.principal.marketplaces:
            raise NotFound

    async def check_not_held(self, tx: Tx, case: str) -> None:
        """
        Go on only if nothing of the case is parked here: for each case that is changed.

        `write` does so for the case that it is about, not for those beside it.

        Raises:
            CaseOnHold: Something is.
        """
        await positions.check_not_held(tx.connection, case, self.desk.reader)

    def require_authority(self, level: int) -> None:
        """
        Go on only with enough authority to decide.

        Raises:
            NeedsAuthority: The principal has less.
        """
        if self.principal.authority < level:
            raise NeedsAuthority(public={"required_authority": level})

    def reveal(self, sealed: SealedValue | None) -> Restricted:
        """Show a restricted field sealed to whoever is cleared for its class, else masked."""
        if sealed is None or sealed.class_ in self.principal.clearances:
            return sealed
        return Masked(class_=sealed.class_)

    async def write(  # noqa: PLR0913 - each is about another part of the answer; most are left out
        self,
        work: Work,
        *,
        case: str | FindCase | None = None,
        marketplace: str | None = None,
        actor: str | None = None,
        transient: bool | None = None,
        permit: Permit | None = None,
        fingerprint: object = None,
        beside: Sequence[str] = (),
    ) -> Response:
        """
        Work in one transaction, and answer once it is committed.

        Args:
            work: May run again after a serialization failure: no effect but through `tx`.
            case: The case that it is about, or what finds it in the transaction: locked and
                permitted, in `tx.views`.
            marketplace: Scope of the idempotency key when there is no case yet.
            actor: Who acts in the events, if that is not the principal's pseudonym.
            transient: Stores nothing and ignores the key; default what the route says.
            permit: Calls `permit` with a resource of its own, instead of the case: under the lock,
                before anything else is said of the case.
            fingerprint: What makes the same request, if that is not its JSON body.
            beside: Other cases that the work changes or relies on: locked with `case`, in the
                order of their ids; in `tx.views` if there are such, and not permitted.

        Raises:
            Refusal: Whatever speaks against it; nothing has happened then.
        """
        return await write(
            self,
            Write(
                work=work,
                case_id=await find_case(self, case),
                marketplace=marketplace,
                actor=actor,
                transient=self.transient if transient is None else transient,
                permit=permit,
                fingerprint=fingerprint,
                beside=beside,
            ),
        )

    async def read(
        self, work: Work, *, case: str | FindCase | None = None, permit: bool = True
    ) -> Response:
        """Read in one transaction. With `case`, it is in `tx.views`, permitted but not locked."""
        return await read(self, work, case_id=await find_case(self, case), permit=permit)


@dataclass(frozen=True, slots=True, eq=False)
class Calling:
    """The dependency by which a route declares its action. Without one, no service starts."""

    action: Action
    transient: bool
    upload: bool
    raises: tuple[type[Exception], ...]
    always: bool
    largest: int

    async def __call__(self, request: Request) -> Call:
        """
        Find out who calls, and whether there is any point in going on.

        Raises:
            Unauthenticated: No token, or none that we believe.
            Forbidden: The token says too little, or no role of theirs has this action.
            Unavailable: The issuer's keys are unknown yet; too much waits to be published.
            Invalid: A body where none is taken: its members would be ignored in silence; or a NUL
                in the query, which no database keeps.
            NotFound: A NUL in the path.
        """
        desk: Desk = request.app.state.desk
        if self.action is PUBLIC:
            return self._call(request, desk, NOBODY, "")
        token = _bearer(request)
        principal = await _believe(desk, token)
        if not may_try(principal, self.action):
            raise Forbidden
        _check_bodiless(request)
        _check_address(request)
        if self._takes_on_work(request) and desk.shed.is_over:
            raise Overloaded
        return self._call(request, desk, await _with_sellers(request, principal), token)

    def _takes_on_work(self, request: Request) -> bool:
        return request.method in _CHANGING and not self.transient and not self.always

    def _call(self, request: Request, desk: Desk, principal: Principal, token: str) -> Call:
        return Call(
            request=request,
            desk=desk,
            action=self.action,
            principal=principal,
            token=token,
            transient=self.transient,
        )


def calling(
    action: Action,
    *,
    transient: bool = False,
    upload: bool = False,
    raises: tuple[type[Exception], ...] = (),
    always: bool = False,
    largest: int = LARGEST_BODY,
) -> Calling:
    """
    Declare what a route does: `call: Annotated[Call, Depends(calling(FILE_CASE))]`.

    Args:
        action: Who may, and how far.
        transient: The route stores nothing, and ignores Idempotency-Key.
        upload: The route takes files and reads its body itself.
        raises: Errors of the service's table that the route may answer, for its documentation.
        always: Also taken on while too much waits to be published: what helps to drain it.
        largest: How many bytes its JSON body may have.
    """
    return Calling(action, transient, upload, raises, always, largest)


def _bearer(request: Request) -> str:
    values = request.headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if scheme.lower() != _BEARER or not token:
        raise Unauthenticated
    return token.strip()


def _check_bodiless(request: Request) -> None:
    takes_none = getattr(request.scope.get("route"), "body_field", None) is None
    if takes_none and request.scope.get(BODY) not in (None, {}):
        raise Invalid((FieldError("", "unexpected-body", "nothing is taken here"),))


def _check_address(request: Request) -> None:
    if any(_NUL in str(value) for value in request.path_params.values()):
        raise NotFound
    wrong = [name for name, value in request.query_params.multi_items() if _NUL in value]
    if wrong:
        raise Invalid((FieldError("/query", "nul", "a NUL has no place in a query"),))


async def _believe(desk: Desk, token: str) -> Principal:
    try:
        return principal_of(await desk.verifier.verify(token))
    except InvalidToken as error:
        log.info("token_refused", reason=error.reason)
        raise Unauthenticated from error
    except UnusableIdentity as error:
        raise Forbidden from error
    except IssuerUnavailable as error:
        raise Unavailable from error


async def _with_sellers(request: Request, principal: Principal) -> Principal:
    sellers_of = getattr(request.app.state, "sellers_of", None)
    if principal.kind != "seller" or sellers_of is None:
        return principal
    return replace(principal, sellers=await sellers_of(principal, request.app.state.desk.engine))
