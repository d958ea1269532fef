"""Write to the seller because a person wants to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chassis.door import Tx
from chassis.problems import FieldError, Invalid
from contracts.lifecycle import CaseState
from playbook import templates
from playbook.model import Playbook
from resolution.domain.evidence import requested_kinds
from resolution.domain.letters import contradictions, fill, known_parameters, promised_date
from resolution.domain.promises import promise_dates
from resolution.handlers.guards import refuse_if_any, require_open
from resolution.handlers.write_letter import Letter, compose, wanted, write_letter
from resolution.store.messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """A template with the parameters that the case does not know by itself."""

    case: str
    template: str
    parameters: Mapping[str, object]
    promise_by: datetime | None = None


async def send_message(tx: Tx, command: SendMessage, *, playbook: Playbook) -> Message:
    """
    Send a letter and promise the next one.

    Raises:
        Invalid: No such template, wrong parameters, a promise in the past, or a decision's letter.
        NotAllowedNow: The case has ended.
    """
    state = tx.views[command.case].state
    letter, rendered = draft_letter(tx, state, command, playbook=playbook)
    if rendered.kind == "decision":
        detail = "a decision's letter goes out with the decision: POST …/decisions"
        raise Invalid([FieldError("/template", "not-here", detail)])
    require_open(state)

    return await write_letter(tx, state, letter, playbook=playbook)


def draft_letter(
    tx: Tx, state: CaseState, command: SendMessage, *, playbook: Playbook
) -> tuple[Letter, templates.Rendered]:
    """
    Fill in what the case knows, and render: what a preview shows. Nothing is kept.

    Raises:
        Invalid: A parameter says something else than a fact of the case, or does not fit.
    """
    dates = promise_dates(playbook, state, tx.now)
    known = known_parameters(state, dates, missing=requested_kinds(state))
    given = dict(command.parameters)
    if command.promise_by is not None:
        given["update_by"] = command.promise_by
    names = wanted(playbook, command.template)
    refuse_if_any(contradictions(state, names, given))
    parameters = fill(names, known, given)
    update_by = promised_date(parameters)
    if update_by is not None and update_by <= tx.now:
        raise Invalid([FieldError("/promise_by", "past", "promise a date that is to come")])
    letter = Letter(
        template=command.template,
        parameters=parameters,
        update_by=update_by,
        expected_by=dates.expected_by,
    )
    return letter, compose(playbook, state, letter)
