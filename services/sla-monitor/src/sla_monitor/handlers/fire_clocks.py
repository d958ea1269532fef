"""Time passed: what is due fires, as far as the log was read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis import views
from chassis.door import Tx
from playbook.clock import Fire
from playbook.clocks import advance
from sla_monitor.domain.following import Rules
from sla_monitor.domain.holding import Held, Move, next_due_after
from sla_monitor.handlers.settle_moves import Turn, settle_moves
from sla_monitor.store import clocks, sla_cases
from sla_monitor.store.sla_cases import DueCase

AT_ONCE = 200
"""Cases in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """What a round did. `more`: there may be others due right now."""

    cases: int
    more: bool


async def fire_clocks(tx: Tx, *, rules: Rules, limit: int = AT_ONCE) -> Fired:
    """
    Fire what is due in at most `limit` cases, each step once, in due order within a case.

    Locks views before rows, like every door: what another firer or a consumer did meanwhile is
    seen after the lock. Cases that this service has parked wait.
    """
    found = await sla_cases.find_due(tx, limit=limit)
    locked = await views.lock_many(tx, found)
    due = await sla_cases.claim_due(tx, locked)
    held = await clocks.list_of(
        tx, [case.case_id for case in due], marketplaces={case.marketplace for case in due}
    )

    moves = {case: _fire_case(held[case.case_id], case, rules) for case in due}

    turns = [Turn(state=locked[case.case_id].state, moves=moved) for case, moved in moves.items()]
    await settle_moves(tx, turns, rules=rules)
    nexts = {case: next_due_after(held[case.case_id], moved) for case, moved in moves.items()}
    await sla_cases.set_next_due(tx, nexts)
    return Fired(cases=len(due), more=len(found) == limit)


def _fire_case(held: Sequence[Held], case: DueCase, rules: Rules) -> list[Move]:
    return [_fire(one, case, rules) for one in held if _is_due(one, case)]


def _is_due(held: Held, case: DueCase) -> bool:
    due = held.clock.next_due_at
    return due is not None and due <= case.reached


def _fire(held: Held, case: DueCase, rules: Rules) -> Move:
    """Fire a clock at its case's reach: what lies beyond is not read yet."""
    calendar = rules.playbook(held.clock.playbook).calendar(held.clock.calendar)
    fired = advance(held.clock, Fire(), case.reached, calendar)
    return Move(
        held=replace(held, clock=fired.clock),
        announcements=fired.announcements,
        intervals=fired.intervals,
    )
