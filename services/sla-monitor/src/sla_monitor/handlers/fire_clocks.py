"""Time passed: what is due fires, as far as the log was read."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from prometheus_client import Histogram

from chassis import views
from chassis.door import Tx
from playbook.clock import Fire
from playbook.clocks import advance
from sla_monitor.domain.following import Rules
from sla_monitor.domain.holding import Held, Move, next_due_after
from sla_monitor.handlers.settle_moves import Turn, settle_moves
from sla_monitor.store import clocks, firing_failures, sla_cases
from sla_monitor.store.sla_cases import CaseKey, DueCase

_DELAY = Histogram(
    "sla_monitor_firing_delay_seconds",
    "From when a step was due to when it fired.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)
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

    Cases that this service has parked wait, and those that could not be fired lately.
    """
    found = await sla_cases.find_due(tx, limit=limit)

    aside = await _fire_cases(tx, found, rules=rules)

    return Fired(cases=len(found) - len(aside), more=len(found) == limit)


async def fire_alone(tx: Tx, case: CaseKey, *, rules: Rules) -> None:
    """Fire one case, also one that could not be fired before; once it could, that is forgotten."""
    aside = await _fire_cases(tx, [case], rules=rules)

    if not aside:
        await firing_failures.forget(tx, case)


async def _fire_cases(tx: Tx, found: Collection[CaseKey], *, rules: Rules) -> dict[CaseKey, str]:
    """
    Fire cases; put aside those that cannot be, and say why.

    Locks views before rows, like every door: what another firer or a consumer did meanwhile is
    seen after the lock.
    """
    locked = await views.lock_many(tx, [case.case_id for case in found])
    due = await sla_cases.claim_due(tx, [case for case in found if case.case_id in locked])
    held = await clocks.list_of(
        tx, [case.case_id for case in due], marketplaces={case.marketplace for case in due}
    )

    strangers = [case for case in found if case.case_id not in locked]
    aside = dict.fromkeys(strangers, "this service does not know the case")
    aside |= {case.key: why for case in due if (why := _obstacle(held[case.case_id], rules))}
    ready = [case for case in due if case.key not in aside]
    moves = {case: _fire_case(held[case.case_id], case, rules) for case in ready}
    nexts = {case: next_due_after(held[case.case_id], moved) for case, moved in moves.items()}

    turns = [Turn(state=locked[case.case_id].state, moves=moved) for case, moved in moves.items()]
    await settle_moves(tx, turns, rules=rules)
    await sla_cases.set_next_due(tx, nexts)
    await put_aside(tx, aside)
    delays = [tx.now - due for moved in moves.values() for due in _fired_at(moved)]
    tx.after_commit.append(partial(_show, delays))
    return aside


def _fired_at(moves: Sequence[Move]) -> Iterator[datetime]:
    for move in moves:
        for said in move.announcements:
            if said.due_at is not None:
                yield said.due_at


def _show(delays: Sequence[timedelta]) -> None:
    for delay in delays:
        _DELAY.observe(delay.total_seconds())


def _obstacle(held: Sequence[Held], rules: Rules) -> str:
    missing = sorted({one.clock.playbook for one in held} - rules.playbooks.keys())
    return f"no playbook {', '.join(missing)} here" if missing else ""


async def put_aside(tx: Tx, errors: Mapping[CaseKey, str]) -> None:
    """Note cases that cannot be fired: they are tried again, each alone, ever later."""
    await firing_failures.note(tx, errors)

    for case, error in errors.items():
        _log.error("case_not_fired", case_id=case.case_id, error=error)


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
