"""Reading a letter: the one place where its body is in clear, for this answer only."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope, ServiceTokens, TokenUnavailable
from chassis.door import Tx
from chassis.problems import NotFound, VaultUnavailable
from chassis.vault_client import VaultClient
from contracts.sealed import SealedValue
from playbook.templates import HANDLE_MARKER, fill_handle
from resolution.api.access import READERS, MessageId, case_of_message, state_of
from resolution.store import messages
from resolution.store.messages import Message

READ = Action("message.read", READERS | {"front_end": Scope.MARKETPLACE})

router = APIRouter(prefix="/v1/messages", tags=["messages"])

_PURPOSES: Final = {"front_end": "deliver_message", "compliance": "audit"}


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
class Opener:
    """Who opens for us: the vault, and our own token for the handle of a letter's address."""

    vault: VaultClient
    tokens: ServiceTokens


@dataclass(frozen=True, slots=True)
class _Found:
    """A letter as it lies here, and the sealed handle that its text may name."""

    message: Message
    handle: SealedValue


@router.get("/{message_id}", response_model=LetterOut, summary="Read a letter")
async def read_letter(
    message_id: MessageId,
    call: Annotated[http.Call, Depends(http.calling(READ, raises=(VaultUnavailable,)))],
) -> Response:
    """
    The vault opens the body in the caller's name, and the opening is on the trail.

    The seller's handle is filled in for whoever delivers the letter, and for people who are
    cleared for it; others see its marker.
    """
    found: _Found | None = None

    async def look(tx: Tx) -> http.Reply:
        nonlocal found
        message = await messages.get_message(tx, message_id)
        found = _Found(message, state_of(tx, message.case_id).handle)
        return http.Reply(body=None)

    async def case_of(tx: Tx) -> str:
        return await case_of_message(tx, message_id)

    await call.read(look, case=case_of)
    opener: Opener = call.request.app.state.opener
    if found is None:
        raise NotFound(message_id)
    letter = _letter(found.message, await _open(call, opener, found))
    return Response(
        letter.model_dump_json(by_alias=True),
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )


async def _open(call: http.Call, opener: Opener, found: _Found) -> dict[str, str]:
    case, purpose = found.message.case_id, _PURPOSES.get(call.principal.roles[0], "work_case")
    opened = await opener.vault.open(
        [found.message.body], purpose=purpose, case=case, bearer=call.token
    )
    text: dict[str, str] = opened[0].value
    if HANDLE_MARKER not in text["subject"] + text["body"]:
        return text
    bearer = await _bearer_for_handle(call, opener, found.handle)
    if bearer is None:
        return text
    handle = await opener.vault.open([found.handle], purpose=purpose, case=case, bearer=bearer)
    return {name: fill_handle(part, handle[0].value) for name, part in text.items()}


async def _bearer_for_handle(call: http.Call, opener: Opener, handle: SealedValue) -> str | None:
    """Whoever delivers gets the address by our token; people open it by their own clearance."""
    if call.principal.kind == "front_end":
        try:
            return await opener.tokens.get()
        except TokenUnavailable as error:
            raise VaultUnavailable from error
    return call.token if handle.class_ in call.principal.clearances else None


def _letter(message: Message, text: dict[str, str]) -> LetterOut:
    return LetterOut(
        id=message.id,
        case=message.case_id,
        kind=message.kind,
        template=message.template,
        language=message.language,
        region=message.region,
        qualifying=message.qualifying,
        sent_at=message.sent_at,
        update_by=message.update_by,
        expected_by=message.expected_by,
        delivery=message.delivery_state,
        subject=text["subject"],
        body=text["body"],
    )
