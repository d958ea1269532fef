"""Messages: what a seller adds to its open case, and facts that it had put off."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends
from pydantic import AwareDatetime, Field, JsonValue
from starlette.responses import Response

from chassis import http, ids
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import FieldError, Invalid
from chassis.vault import seal
from chassis.words import Code, Text
from contracts.cases import SellerMessageReceived
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from intake.api.bodies import OpenQuestion, still_open
from intake.api.given_facts import amount_of, sealed_facts
from intake.api.state import GivenKit
from intake.api.text_signals import signals_of
from intake.domain import progress
from intake.domain.messages import CaseTakesNoMessage, HearMessage, not_open
from intake.handlers.hear_message import hear_message
from playbook.facts import FactsVerdict, check_facts
from playbook.model import Playbook, pinned

SAY: Final = Action("case.say", {"front_end": Scope.MARKETPLACE, "seller": Scope.OWN})
_MOST_FACTS: Final = 50

router = APIRouter(prefix="/v1/cases/{case_id}/messages", tags=["messages"])


class NewMessage(http.RequestModel):
    channel: Code = Field(description="How it came.")
    body: Annotated[str, Text(20_000)] | None = Field(
        default=None, description="What the seller says; sealed at once."
    )
    facts: dict[Code, JsonValue] = Field(
        default_factory=dict,
        max_length=_MOST_FACTS,
        description="Facts that the filing put off, as `open_questions` of the status names them.",
    )


class PostedMessage(http.ResponseModel):
    id: str = Field(description="Our id of it.")
    case: str = Field(description="The case, which keeps its place.")
    received_at: AwareDatetime = Field(description="When it came.")
    open_questions: list[OpenQuestion] = Field(description="Facts that are still to come.")


EXAMPLE: Final[dict[str, Any]] = {"channel": "portal", "body": "Here is what you asked for."}


@router.post(
    "",
    status_code=201,
    response_model=PostedMessage,
    summary="Say more about a case",
    description="The case keeps its place in the queue and its dates.",
)
async def post_message(
    case_id: http.CaseId,
    body: Annotated[NewMessage, Body(examples=[EXAMPLE])],
    call: Annotated[http.Call, Depends(http.calling(SAY, raises=(CaseTakesNoMessage,)))],
    kit: GivenKit,
) -> Response:
    if body.body is None and not body.facts:
        raise Invalid([FieldError("/body", "missing", "say something, or bring a fact")])

    async def work(tx: Tx) -> PostedMessage:
        state = tx.views[case_id].state
        playbook = pinned(kit.playbooks, state.playbook)
        heard = _heard(body, state, playbook, message=ids.new_id("msg", tx.now))
        await hear_message(tx, HearMessage(case=case_id, heard=heard))
        return PostedMessage(
            id=heard.message,
            case=case_id,
            received_at=tx.now,
            open_questions=still_open(_left(state, playbook, heard)),
        )

    return await call.write(work, case=case_id)


def _heard(
    body: NewMessage, state: CaseState, playbook: Playbook, *, message: str
) -> SellerMessageReceived:
    facts = _checked(body.facts, state, playbook)
    said = body.body or ""
    return SellerMessageReceived(
        message=message,
        channel=body.channel,
        repeated_contact=False,
        body=_seal(said, state) if said else None,
        text_signals=signals_of(playbook, None, subject="", description=said),
        facts=sealed_facts(facts, state.seller, case=state.case_id) or None,
        amount_at_risk=amount_of(facts),
    )


def _checked(facts: Mapping[str, JsonValue], state: CaseState, playbook: Playbook) -> FactsVerdict:
    """
    Hold facts against what the case still waits for.

    Raises:
        Invalid: A fact is wrong, or nobody waits for it (`/facts/…`).
    """
    known = playbook.issue_type(state.declared_type)
    names = [field.name for field in known.facts] if known else []
    verdict = check_facts(playbook, state.declared_type, facts, later=names)
    errors = [FieldError(p.pointer, p.code, p.detail) for p in verdict.errors]
    errors += [
        FieldError(f"/facts/{name}", "not-asked-for", "the case does not wait for this fact")
        for name in not_open(state, facts)
    ]
    if errors:
        raise Invalid(errors)
    return verdict


def _seal(said: str, state: CaseState) -> SealedValue:
    seller = state.seller
    return seal(
        {"subject": None, "body": said},
        public_key=seller.public_key,
        key=seller.key,
        class_="message",
        subject=state.case_id,
    )


def _left(
    state: CaseState, playbook: Playbook, heard: SellerMessageReceived
) -> tuple[progress.Question, ...]:
    seller = state.seller
    return progress.questions(
        [one for one in state.open_facts if one.fact not in (heard.facts or {})],
        playbook,
        issue_type=state.declared_type,
        language=playbook.language_for(seller.language, seller.region),
    )
