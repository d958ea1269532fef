"""A case is about something else: its checklist and what the seller still owes follow."""

from typing import Final

from chassis.door import Tx
from chassis.outbox import announce
from chassis.views import touch
from contracts.event import Event
from contracts.lifecycle import CaseState
from contracts.resolution import EvidenceWaived
from contracts.routing import CaseReclassified
from playbook.model import Playbook
from resolution.domain.checklist import carry_over
from resolution.domain.evidence import is_of_no_use, kinds_to_ask
from resolution.domain.letters import can_fill, known_parameters, request_template
from resolution.domain.promises import promise_dates
from resolution.handlers.hold_letters import hold_letters
from resolution.handlers.request_evidence import Wanted, ask_if_in_force
from resolution.handlers.start_work import asks_by_itself
from resolution.store import checklist_items

RECLASSIFIED: Final = "reclassified"


async def change_type(event: Event[CaseReclassified], *, tx: Tx, playbook: Playbook) -> None:
    """
    Take the new type's checklist; what is done and what was handed in counts on.

    What only the old type needed is waited for no more. What the new one lacks is asked for at
    once, if it asks by itself and its letter can be written from what the case tells; else the
    person who works the case sees it as the next thing to do.
    """
    view = tx.views[event.subject]
    if view.state.has_ended:
        return
    at = tx.now.date()
    points = carry_over(playbook, view.state, at)

    await checklist_items.replace_points(tx, view.state, points)
    touch(view)

    _withdraw(view.state, event.fact, tx=tx, playbook=playbook)
    if await hold_letters(tx, view.state, playbook=playbook):
        return
    kinds = kinds_to_ask(playbook, view.state, at)
    if kinds and asks_by_itself(playbook, view.state) and _has_letter(tx, view.state, playbook):
        await ask_if_in_force(tx, view.state, Wanted(kinds=kinds), playbook=playbook)


def _withdraw(state: CaseState, fact: CaseReclassified, *, tx: Tx, playbook: Playbook) -> None:
    for item, asked in state.open_items.items():
        if is_of_no_use(playbook, asked.kind, state=state, previous=fact.previous):
            waived = EvidenceWaived(kind=asked.kind, item=item, reason=RECLASSIFIED)
            announce(tx, waived, subject=state.case_id)


def _has_letter(tx: Tx, state: CaseState, playbook: Playbook) -> bool:
    """Say whether the request can be written: facts of the new type may be missing."""
    template = request_template(playbook, state)
    if template is None:
        return False
    known = known_parameters(state, promise_dates(playbook, state, tx.now))
    return can_fill(playbook, template, known)
