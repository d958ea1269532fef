"""What needs no person: the seller is told what to mend, and a passed check ends the case."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from chassis.door import Tx
from contracts.cases import RecheckReported
from contracts.event import Event
from contracts.lifecycle import CaseState
from playbook.model import Playbook
from playbook.policies import NoTouch
from resolution.domain import decisions as rules
from resolution.domain.checklist import Point
from resolution.domain.letters import fill, has_first_response, known_parameters
from resolution.domain.promises import promise_dates
from resolution.domain.standing import situation
from resolution.domain.untouched import draft_of, way_without_person, why
from resolution.handlers.decide_case import Basis, Deciding, carry_out
from resolution.handlers.letters_in_force import stopped_by
from resolution.handlers.settle_point import settle
from resolution.handlers.write_letter import Letter, wanted, write_letter
from resolution.store import checklist_items

PASSES: Final = "passes"


async def tell_fix(
    tx: Tx, state: CaseState, points: Sequence[Point], *, playbook: Playbook
) -> None:
    """
    Write at once to a seller who can mend it alone: which rule, which field, what to do.

    Not when that letter was withdrawn: then a person has to write, as for any other case.
    """
    way = way_without_person(playbook, state)
    if way is None or has_first_response(state):
        return
    if await stopped_by(tx, state, way.letter, playbook) is not None:
        return
    dates = promise_dates(playbook, state, tx.now)
    known = known_parameters(state, dates)
    letter = Letter(
        template=way.letter,
        parameters=fill(wanted(playbook, way.letter), known, {}),
        update_by=dates.update_by,
        expected_by=dates.expected_by,
    )
    await write_letter(tx, state, letter, playbook=playbook)
    await _settle(tx, state, points, way.settled_by_letter)


async def resolve_untouched(event: Event[RecheckReported], *, tx: Tx, playbook: Playbook) -> None:
    """
    End a case whose listing, say, passes the marketplace's new check.

    Decided by the playbook's row, never against the seller, and not where anything stands against
    it that would keep a person from deciding so: then the case waits for a person, as any other.
    """
    state = tx.views[event.subject].state
    way = way_without_person(playbook, state)
    if way is None or event.fact.result != PASSES:
        return
    draft, points = draft_of(playbook, state, way), await checklist_items.points_of(tx, state)
    after = [_settled(point, way.settled_by_check) for point in points]
    standing = situation(playbook, state, after, tx.now.date())
    if rules.is_adverse(playbook, state, draft) or rules.check(playbook, state, standing, draft):
        return
    if await stopped_by(tx, state, draft.template, playbook) is not None:
        return

    await _settle(tx, state, points, way.settled_by_check)
    deciding = Deciding(
        playbook=playbook, state=state, points=tuple(after), standing=standing, draft=draft
    )
    await carry_out(tx, deciding, _basis(playbook, state, way))


def _basis(playbook: Playbook, state: CaseState, way: NoTouch) -> Basis:
    return Basis(
        decided_by="automation",
        rules=(f"no_touch/{way.rule}", *rules.rules(playbook, state)),
        predicates=why(playbook, state, way),
    )


async def _settle(
    tx: Tx, state: CaseState, points: Sequence[Point], items: Collection[str]
) -> None:
    for point in points:
        if point.state == "open" and point.item in items:
            await settle(tx, state, replace(point, state="done"))


def _settled(point: Point, items: Collection[str]) -> Point:
    is_done = point.state == "open" and point.item in items
    return replace(point, state="done") if is_done else point
