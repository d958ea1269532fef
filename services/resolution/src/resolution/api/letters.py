"""Reading a letter: the one place where its body is in clear, for this answer only."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import VaultUnavailable
from contracts.sealed import SealedValue
from resolution.api.access import READERS
from resolution.store import messages
from resolution.store.messages import Message

READ = Action("message.read", READERS | {"front_end": Scope.MARKETPLACE})

router = APIRouter(prefix="/v1/messages", tags=["messages"])

_MARKER = "seller.handle"


class LetterOut(http.ResponseModel):
    """A letter with its body in clear. Not to be cached."""

    id: str = Field(description="Our id of it.")
    case: str = Field(description="The case it is about.")
    kind: str = Field(description="first_response, evidence_request, update, decision …")
    template: str = Field(description="Template and version.")
    language: str = Field(description="Language it is written in.")
    region: str = Field(description="Region whose wording it is.")
    qualifying: bool = Field(description="Asks for what is missing or decides, with a date.")
    sent_at: AwareDatetime = Field(description="When.")
    update_by: AwareDatetime | None = Field(default=None, description="The next date promised.")
    expected_by: AwareDatetime | None = Field(default=None, description="The outcome expected.")
    delivery: str = Field(description="pending, delivered or failed.")
    subject: str = Field(description="Subject line.")
    body: str = Field(description="The letter.")


@dataclass(frozen=True, slots=True)
class _Found:
    """A letter as it lies here, and the sealed handle that its text may name."""

    message: Message
    handle: SealedValue


@router.get("/{message_id}", response_model=LetterOut, summary="Read a letter")
async def read_letter(
    message_id: http.MessageId,
    call: Annotated[http.Call, Depends(http.calling(READ, raises=(VaultUnavailable,)))],
) -> Response:
    """
    The vault opens the body in the caller's name, and the opening is on the trail.

    The seller's handle is filled in for whoever delivers the letter, and for people who are
    cleared for it; others see its marker.
    """
    found: list[_Found] = []

    async def case_of(tx: Tx) -> str:
        case = await messages.find_case(tx, message_id)
        if case is None:
            raise http.NotFound(message_id)
        return case

