"""Write a letter to the seller: rendered, sealed, kept, announced twice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.door import Tx
from chassis.ids import new_id
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid
from chassis.vault import seal
from contracts.lifecycle import CaseState
from contracts.resolution import MessageReady, SellerMessageSent
from playbook import templates
from playbook.model import Playbook
from resolution.domain.letters import is_for
from resolution.handlers.letters_in_force import require_in_force
from resolution.handlers.note_gaps import note_gaps
from resolution.handlers.step_up import require_step_up
from resolution.store import messages
from resolution.store.messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter says, before it is written."""

    template: str
    parameters: Mapping[str, object]
    update_by: datetime | None = None
    expected_by: datetime | None = None


def wanted(playbook: Playbook, template: str) -> tuple[str, ...]:
    """Name a template's parameters; of an unknown one none: composing says that it is unknown."""
    try:
        return tuple(templates.parameters(playbook, template))
    except templates.TemplateNotFound:
        return ()


def compose(playbook: Playbook, state: CaseState, letter: Letter) -> templates.Rendered:
    """
    Render a letter in the seller's language, with the wording of the region.

    Raises:
        Invalid: There is no such template for this case, or its parameters do not fit.
    """
    if not is_for(playbook, letter.template, state.issue_type):
        raise _unknown_template(playbook, state)
    seller = state.seller
    region = playbook.patch_for(state.marketplace) or seller.region
    try:
        return templates.render(
            playbook,
            letter.template,
            language=seller.language,
            region=region,
            parameters=letter.parameters,
        )
    except templates.TemplateNotFound as error:
        raise _unknown_template(playbook, state) from error
    except templates.ParametersInvalid as error:
        problems = [FieldError(one.pointer, one.code, one.detail) for one in error.problems]
        raise Invalid(problems) from error
    except templates.MessageTooLong as error:
        detail = "the letter would be longer than the playbook allows"
        raise Invalid([FieldError("/parameters", "too-long", detail)]) from error


def _unknown_template(playbook: Playbook, state: CaseState) -> Invalid:
    """Name what there is for the issue type; most of it is in every language and region."""
    known = dict.fromkeys(
        one.id for one in playbook.templates if is_for(playbook, one.id, state.issue_type)
    )
    detail = f"One of this issue type's templates: {', '.join(known)}."
    return Invalid([FieldError("/template", "unknown-code", detail)])


async def write_letter(tx: Tx, state: CaseState, letter: Letter, *, playbook: Playbook) -> Message:
    """
    Write a letter in this transaction and say so, to the case and to the marketplace's messaging.

    Sealing needs CPU only: the seller's public key is in the fold. The body is in clear nowhere
    but in this function.

    Raises:
        LetterInvalidated: This version of the letter was withdrawn.
        StepUpNeeded: It is not proven who would read it.
    """
    rendered = compose(playbook, state, letter)
    await require_in_force(tx, state, rendered)
    await require_step_up(tx, state, rendered.template, playbook=playbook)

    message = _sealed(tx, state, rendered)
    message = replace(message, update_by=letter.update_by, expected_by=letter.expected_by)
    await messages.add_message(tx, message)

    _announce(tx, message, playbook)
    await note_gaps(tx, state, message, letter.parameters, playbook=playbook)
    return message


def _sealed(tx: Tx, state: CaseState, rendered: templates.Rendered) -> Message:
    body = seal(
        {"subject": rendered.subject, "body": rendered.body},
        public_key=state.seller.public_key,
        key=state.seller.key,
        class_="message",
        subject=state.case_id,
    )
    return Message(
        id=new_id("msg", tx.now),
        marketplace=state.marketplace,
        case_id=state.case_id,
        seller_id=state.seller.id,
        kind=rendered.kind,
        qualifying=rendered.qualifying,
        template=rendered.template,
        language=rendered.language,
        region=rendered.region,
        body=body,
        sent_at=tx.now,
    )


def _announce(tx: Tx, message: Message, playbook: Playbook) -> None:
    sent = SellerMessageSent(
        message=message.id,
        kind=message.kind,
        qualifying=message.qualifying,
        template=message.template,
        language=message.language,
        region=message.region,
        body=message.body,
        update_by=message.update_by,
        expected_by=message.expected_by,
    )
    marketplace = playbook.marketplace(message.marketplace)
    ready = MessageReady(
        message=message.id,
        case=message.case_id,
        kind=message.kind,
        template=message.template,
        language=message.language,
        region=message.region,
        demonstration=marketplace is not None and marketplace.demonstration,
    )
    announce(tx, sent, subject=message.case_id)
    announce(tx, ready, subject=message.seller_id, case=message.case_id)
