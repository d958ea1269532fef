"""Time passed: what is due fires, as far as the log was read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from chassis import views
from chassis.door import Tx
from playbook.clock import Fire
from playbook.clocks import advance
from sla_monitor.domain.following import Rules
from sla_monitor.domain.holding import Held, Move, next_due_after
from sla_monitor.handlers.settle_moves import Turn, settle_moves
from sla_monitor.store import clocks, sla_cases
from sla_monitor.store.sla_cases import DueCase

_log = structlog.get_logger()

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
    seen after the lock. Cases that this service has parked wait, and those whose playbook is not
    here: they keep nobody else waiting.
    """
    found = await sla_cases.find_due(tx, limit=limit)
    locked = await views.lock_many(tx, found)
    due = await sla_cases.claim_due(tx, locked)
    held = await clocks.list_of(
        tx, [case.case_id for case in due], marketplaces={case.marketplace for case in due}
    )

    ready = [case for case in due if _has_playbooks(held[case.case_id], case, rules)]
    moves = {case: _fire_case(held[case.case_id], case, rules) for case in ready}

    turns = [Turn(state=locked[case.case_id].state, moves=moved) for case, moved in moves.items()]
    await settle_moves(tx, turns, rules=rules)
    nexts = {case: next_due_after(held[case.case_id], moved) for case, moved in moves.items()}
    await sla_cases.set_next_due(tx, nexts)
    return Fired(cases=len(ready), more=bool(ready) and len(found) == limit)


def _has_playbooks(held: Sequence[Held], case: DueCase, rules: Rules) -> bool:
    missing = sorted({one.clock.playbook for one in held} - rules.playbooks.keys())
    if missing:
        _log.error("playbook_missing", case_id=case.case_id, playbooks=missing)
    return not missing


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
