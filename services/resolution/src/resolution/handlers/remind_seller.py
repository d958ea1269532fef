"""A date comes nearer and the seller still owes papers: remind them, in a letter."""

from chassis.door import Tx
from contracts.event import Event
from contracts.lifecycle import CaseState
from contracts.sla import Warned, WindowEnded
from playbook import letters, templates
from playbook.model import Playbook
from resolution.domain.letters import fill, known_parameters
from resolution.domain.promises import promise_dates
from resolution.domain.reminders import choose_reminder
from resolution.handlers.hold_letters import hold_letters
from resolution.handlers.letters_in_force import stopped_by
from resolution.handlers.write_letter import Letter, write_letter


async def remind_seller(event: Event[Warned], *, tx: Tx, playbook: Playbook) -> None:
    """Write the letter that the playbook has for this step of this clock, if one is due now."""
    state = tx.views[event.subject].state
    reminder = choose_reminder(playbook, state, event.fact, tx.now)
    if reminder is None:
        return

    said = {letters.MISSING: list(reminder.missing), "reply_by": reminder.reply_by}
    await _write(tx, state, reminder.template, said, playbook=playbook)


async def ask_for_facts(event: Event[WindowEnded], *, tx: Tx, playbook: Playbook) -> None:
    """Ask once more for facts that a filing put off and that have not come by their date."""
    state = tx.views[event.subject].state
    template = letters.reminder(playbook, event.fact.kind, state.issue_type)
    if template is None or state.has_ended or not state.open_facts:
        return

    asked = [f"{state.declared_type}.{one.fact}" for one in state.open_facts]
    await _write(tx, state, template, {letters.OPEN_FACTS: asked}, playbook=playbook)


async def _write(
    tx: Tx, state: CaseState, template: str, said: dict[str, object], *, playbook: Playbook
) -> None:
    if await stopped_by(tx, state, template, playbook) is not None:
        return  # withdrawn: whoever works the case is asked what to write instead
    if await hold_letters(tx, state, playbook=playbook):
        return
    dates = promise_dates(playbook, state, tx.now)
    known = known_parameters(state, dates) | said
    letter = Letter(
        template=template,
        parameters=fill(templates.parameters(playbook, template), known, {}),
        update_by=dates.update_by,
        expected_by=dates.expected_by,
    )
    await write_letter(tx, state, letter, playbook=playbook)
