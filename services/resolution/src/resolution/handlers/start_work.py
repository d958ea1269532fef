"""Begin to work a case that was routed: its checklist, and the first answer to the seller."""

from chassis.door import Tx
from chassis.views import touch
from contracts.event import Event
from contracts.lifecycle import CaseState
from contracts.routing import CaseRouted
from playbook.model import Playbook
from resolution.domain.checklist import instantiate
from resolution.domain.evidence import kinds_to_ask
from resolution.domain.letters import has_first_response
from resolution.handlers.hold_letters import hold_letters
from resolution.handlers.request_evidence import Wanted, ask_if_in_force
from resolution.handlers.resolve_untouched import tell_fix
from resolution.store import checklist_items


async def start_work(event: Event[CaseRouted], *, tx: Tx, playbook: Playbook) -> None:
    """
    Write the checklist, and ask for exactly what is missing if the playbook does so by itself.

    A case that is routed again keeps its checklist and is not asked again. Types whose evidence
    people ask for get no automatic letter: an answer without substance is no answer. Who can mend
    it alone is told how, where the playbook says so. Where a mailbox may be in other hands,
    nothing is asked and nothing told before that is settled.
    """
    view = tx.views[event.subject]
    at = tx.now.date()
    points = await checklist_items.points_of(tx, view.state)
    kinds = kinds_to_ask(playbook, view.state, at)

    if not points:
        points = instantiate(playbook, view.state, at)
        await checklist_items.add_points(tx, view.state, points)
        touch(view)

    if await hold_letters(tx, view.state, playbook=playbook):
        return
    if kinds and asks_by_itself(playbook, view.state) and not has_first_response(view.state):
        await ask_if_in_force(tx, view.state, Wanted(kinds=kinds), playbook=playbook)
    else:
        await tell_fix(tx, view.state, points, playbook=playbook)


def asks_by_itself(playbook: Playbook, state: CaseState) -> bool:
    """Say whether the playbook lets nobody wait for a person to ask for what is missing."""
    known = playbook.issue_type(state.issue_type)
    automatic = known is not None and "request_missing_evidence" in known.automatic
    return automatic and not state.has_ended
