"""A seller has appealed: the case opens again for somebody who did not decide it."""

from dataclasses import replace
from typing import Final

from chassis.door import Tx
from chassis.outbox import announce
from chassis.views import touch
from contracts.cases import AppealFiled
from contracts.event import Event
from contracts.lifecycle import CaseState
from contracts.lifecycle.appeals import deciders
from contracts.resolution import CaseReopened
from playbook import letters
from playbook.model import Playbook
from resolution.domain.checklist import Point, carry_over
from resolution.domain.letters import fill, known_parameters
from resolution.domain.promises import promise_dates
from resolution.handlers.hold_letters import hold_letters
from resolution.handlers.letters_in_force import stopped_by
from resolution.handlers.write_letter import Letter, wanted, write_letter
from resolution.store import appeals, checklist_items, decisions

APPEAL: Final = "appeal"


async def reopen_case(event: Event[AppealFiled], *, tx: Tx, playbook: Playbook) -> None:
    """
    Open the case, ask again what the appeal is against, and tell the seller when we write next.

    The other decisions of the case stand. Intake held the appeal to its window.
    """
    view = tx.views[event.subject]
    await _keep(tx, view.state, event)
    if view.state.outcome is None:
        return  # it is open already, and whoever decides it answers this appeal too

    await _ask_again(tx, view.state, event.fact, playbook=playbook)
    touch(view)

    reopened = CaseReopened(
        episode=view.state.episode + 1,
        reason=APPEAL,
        appeal=event.fact.appeal,
        decisions=event.fact.decisions,
    )
    announce(tx, reopened, subject=event.subject)
    await _tell(tx, view.state, playbook)


async def _keep(tx: Tx, state: CaseState, event: Event[AppealFiled]) -> None:
    """Note the appeal by its own id, with who may judge it."""
    against = await decisions.list_some(tx, state, event.fact.decisions)
    appeal = appeals.Appeal(
        id=event.fact.appeal,
        marketplace=state.marketplace,
        case_id=state.case_id,
        authority_level=max((one.authority_level for one in against), default=0),
        not_for=tuple(sorted(deciders(state))),
        filed_at=event.time,
        body=event.fact.body,
    )
    await appeals.add_appeal(tx, appeal)


async def _ask_again(tx: Tx, state: CaseState, appeal: AppealFiled, *, playbook: Playbook) -> None:
    anew = {one.question for id_, one in state.decisions.items() if id_ in appeal.decisions}
    for point in await _checklist(tx, state, playbook):
        if point.item in anew:
            await checklist_items.settle_point(tx, state, replace(point, state="open"))


async def _checklist(tx: Tx, state: CaseState, playbook: Playbook) -> tuple[Point, ...]:
    """Return the checklist of what the case is about by now: no ended one follows its type."""
    kept = await checklist_items.points_of(tx, state)
    now = carry_over(playbook, state, tx.now.date())
    if {point.item for point in kept} == {point.item for point in now}:
        return kept
    await checklist_items.replace_points(tx, state, now)
    return now


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
