"""Openings: a sealed value, read by someone who may."""

from base64 import b64encode
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import Field, JsonValue, RootModel
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import FieldError, Invalid, NotOfThisCase
from chassis.vault import NotOfThisKey, Opened
from chassis.words import Code
from contracts.event import Part
from contracts.sealed import SealedValue
from contracts.words import Base64, CaseId
from vault.domain.keys import PURPOSES, ClassNotCleared, KeyDestroyed, KeyForeign, check_classes
from vault.handlers.open_values import OpenValues, open_values

OPEN: Final = Action(
    "value.open",
    {
        "agent": Scope.WORKER,
        "senior_agent": Scope.WORKER,
        "supervisor": Scope.WORKER,
        "partner": Scope.PARTNER,
        "compliance": Scope.MARKETPLACE,
        "front_end": Scope.MARKETPLACE,
        "seller": Scope.OWN,
        "service": Scope.ANY,
    },
)
_MOST: Final = 50
_NO_STORE: Final = {"Cache-Control": "no-store"}
_EXAMPLE: Final[dict[str, JsonValue]] = {
    "sealed": "c2VhbGVk",
    "key": "key_01m80000000000000000000000",
    "class": "narrative",
    "commitment": "8MeuPWsNFf0O0Rnb0rPyEdMtu2uF0sWRMKMcRlZ3gqg=",
}

router = APIRouter(prefix="/v1/openings", tags=["openings"])

Caller = Annotated[
    http.Call,
    Depends(
        http.calling(
            OPEN, transient=True, raises=(KeyForeign, KeyDestroyed, NotOfThisKey, ClassNotCleared)
        )
    ),
]
Master = Annotated[Callable[[], bytes], Depends(http.from_state("master_key"))]
CheckRecall = Annotated[Callable[[], None], Depends(http.from_state("check_recall"))]


class OpeningsBody(http.RequestModel):
    values: list[SealedValue] = Field(
        min_length=1,
        max_length=_MOST,
        description="Sealed values of one case, at most 50.",
        examples=[[_EXAMPLE]],
    )
    purpose: Code = Field(
        description="Why: work_case, deliver_message, read_evidence, handoff, audit or"
        " legal_request.",
        examples=["work_case"],
    )
    case: CaseId = Field(
        description="The case they belong to.", examples=["case_01m80000000000000000000000"]
    )


class OpenedOut(Part):
    commitment: Base64 = Field(description="Which of the values.")
    value: Any = Field(description="In clear. Do not keep it.")


class ProvableOut(OpenedOut):
    salt: Base64 = Field(description="Proves it against its commitment; for compliance only.")


class OpeningsOut(RootModel[list[ProvableOut] | list[OpenedOut]]):
    """The values, in the order of the request."""


@router.post("", response_model=OpeningsOut, summary="Open sealed values of a case")
async def post_openings(
    body: OpeningsBody, call: Caller, master: Master, check_recall: CheckRecall
) -> Response:
    """
    Answers only after the event that says who opened what, and why, is committed.

    A value of another case is refused (422), one of an erased seller is gone (410). 503 while
    the vault has not yet applied every erasure of the past again.
    """
    check_recall()
    _check_purpose(body)
    told: list[tuple[SealedValue, Opened]] | None = None

    async def work(tx: Tx) -> http.Reply:
        nonlocal told
        _check_classes(body, call)
        command = OpenValues(case_id=body.case, values=body.values, purpose=body.purpose)
        told = await open_values(command, tx=tx, master=master())
        return http.Reply(body=_out(told or [], call), headers=_NO_STORE)

    answer = await call.write(work, case=body.case)
    if told is None:
        raise NotOfThisCase
    return answer


def _check_purpose(body: OpeningsBody) -> None:
    if body.purpose not in PURPOSES:
        known = ", ".join(sorted(PURPOSES))
        raise Invalid((FieldError("/purpose", "unknown-code", f"One of: {known}."),))


def _check_classes(body: OpeningsBody, call: http.Call) -> None:
    check_classes(
        frozenset(value.class_ for value in body.values),
        cleared=call.principal.clearances,
        role=call.principal.roles[0],
    )


def _out(opened: list[tuple[SealedValue, Opened]], call: http.Call) -> OpeningsOut:
    if "compliance" not in call.principal.roles:
        return OpeningsOut(
            [OpenedOut(commitment=sealed.commitment, value=one.value) for sealed, one in opened]
        )
    return OpeningsOut(
        [
            ProvableOut(
                commitment=sealed.commitment,
                value=one.value,
                salt=b64encode(one.salt).decode(),
            )
            for sealed, one in opened
        ]
    )
