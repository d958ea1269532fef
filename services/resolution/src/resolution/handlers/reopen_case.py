"""A seller has appealed: the case opens again for somebody who did not decide it."""

from dataclasses import replace
from typing import Final

from chassis.door import Tx
from chassis.outbox import announce
from chassis.views import touch
from contracts.cases import AppealFiled
from contracts.event import Event
from contracts.lifecycle import CaseState
from contracts.resolution import CaseReopened
from playbook import letters
from playbook.model import Playbook
from resolution.domain.letters import fill, known_parameters
from resolution.domain.promises import promise_dates
from resolution.handlers.hold_letters import hold_letters
from resolution.handlers.letters_in_force import stopped_by
from resolution.handlers.write_letter import Letter, wanted, write_letter
from resolution.store import checklist_items

APPEAL: Final = "appeal"


async def reopen_case(event: Event[AppealFiled], *, tx: Tx, playbook: Playbook) -> None:
    """
    Open the case, ask again what the appeal is against, and tell the seller when we write next.

    The other decisions of the case stand. Intake held the appeal to its window.
    """
    view = tx.views[event.subject]
    if view.state.outcome is None:
        return  # it is open already, and whoever decides it answers this appeal too

    await _ask_again(tx, view.state, event.fact)
    touch(view)

    reopened = CaseReopened(
        episode=view.state.episode + 1,
        reason=APPEAL,
        appeal=event.fact.appeal,
        decisions=event.fact.decisions,
    )
    announce(tx, reopened, subject=event.subject)
    await _tell(tx, view.state, playbook)


async def _ask_again(tx: Tx, state: CaseState, appeal: AppealFiled) -> None:
    anew = {one.question for id_, one in state.decisions.items() if id_ in appeal.decisions}
    for point in await checklist_items.points_of(tx, state):
        if point.item in anew:
            await checklist_items.settle_point(tx, state, replace(point, state="open"))


async def _tell(tx: Tx, state: CaseState, playbook: Playbook) -> None:
    """Say that the appeal has arrived, if this version of the playbook has words for it."""
    template = letters.find_letter(playbook, state.issue_type, "appeal_info")
    if template is None or await stopped_by(tx, state, template, playbook) is not None:
        return
    if await hold_letters(tx, state, playbook=playbook):
        return
    dates = promise_dates(playbook, state, tx.now)
    parameters = fill(wanted(playbook, template), known_parameters(state, dates), {})
    letter = Letter(
        template=template,
        parameters=parameters,
        update_by=dates.update_by,
        expected_by=dates.expected_by,
    )
    await write_letter(tx, state, letter, playbook=playbook)
