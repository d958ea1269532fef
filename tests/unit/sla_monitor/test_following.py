"""How an event moves the clocks of its case."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from builders_contracts import (
    a_case_opened,
    a_classification,
    a_route,
    an_id,
    fold_all,
    numbered,
)
from builders_sla_monitor import OPENED, asked, at, the_rules
from contracts.cases import CaseMerged
from contracts.event import Contract, Event
from contracts.lifecycle import CaseState
from contracts.resolution import CaseResolved
from playbook.clock import Clock
from playbook.model import PlaybookNotLoaded
from sla_monitor.domain.facts import AnnouncementUnknown, fact_of
from sla_monitor.domain.following import Rules, follow
from sla_monitor.domain.happening import read_event
from sla_monitor.domain.holding import Held, Move, in_order, next_due

MERGED = CaseMerged(into=an_id("case", 2), reason="filed_twice")
RESOLVED = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)


def run(facts: Sequence[Contract], *, rules: Rules | None = None) -> list[tuple[str, Move]]:
    """Let clocks follow a case from its first event on; a minute between two events."""
    held: dict[str, Held] = {}
    told: list[tuple[str, Move]] = []
    events = numbered(facts)
    for number, one in enumerate(events, start=1):
        state = fold_all(events[:number])
        for move in step(one, state, list(held.values()), rules=rules):
            held[move.clock.clock_id] = move.held
            told.append((one.fact.type, move))
    return told


def step(
    one: Event[Any], state: CaseState, held: list[Held], *, rules: Rules | None = None
) -> tuple[Move, ...]:
    return follow(read_event(one, state), held, state=state, rules=rules or the_rules())


def clocks_of(facts: Sequence[Contract]) -> dict[str, Held]:
    return {move.clock.kind: move.held for _, move in run(facts)}


class TestFollow:
    def test_again_starts_nothing(self) -> None:
        held = list(clocks_of(OPENED).values())
        events = numbered(OPENED)

        assert step(events[0], fold_all(events), held) == ()
        assert step(events[2], fold_all(events), held) == ()

    def test_keeps_the_target_when_a_route_confirms_what_was_declared(self) -> None:
        said = [one.event for _, move in run(OPENED) for one in move.announcements]

        assert said == ["sla.clock_started"] * 4

    def test_gives_the_target_of_the_severity_once_it_is_known(self) -> None:
        severe = a_classification().model_copy(update={"severity": "high"})

        moves = run((a_case_opened(), severe, a_route()))

        changed = [
            (move.clock.kind, move.held.row, move.clock.target_seconds)
            for _, move in moves
            for one in move.announcements
            if one.event == "sla.target_changed"
        ]
        assert changed == [("resolution", "resolution_payout_hold_urgent", 16 * 3600)]

    def test_runs_towards_a_date_of_the_facts_and_waits_for_nobody(self) -> None:
        filed = a_case_opened(
            issue_type="chargeback", facts={"chargeback_ref": "CB-24", "answer_by": "2026-12-04"}
        )

        held = clocks_of((filed, a_classification(), a_route(), asked()))

        found = held["bank_deadline"].clock
        assert (found.due_at, found.state) == (datetime(2026, 12, 5, tzinfo=UTC), "running")
        assert held["resolution"].clock.state == "paused"

    def test_ends_a_clock_that_stands_still(self) -> None:
        moves = run((*OPENED, asked(), RESOLVED))

        said = [
            one.event
            for _, move in moves
            for one in move.announcements
            if move.clock.kind == "resolution"
        ]
        assert said == ["sla.clock_started", "sla.met"]

    def test_cancels_every_clock_of_a_case_that_was_merged(self) -> None:
        moves = [move for cause, move in run((*OPENED, asked(), MERGED)) if cause == MERGED.type]

        assert {move.clock.kind for move in moves} >= {"first_response", "assign", "evidence_due"}
        assert {move.clock.state for move in moves} == {"cancelled"}

    def test_starts_nothing_once_the_case_was_merged(self) -> None:
        opened, *routed = OPENED

        moves = run((opened, MERGED, *routed, asked(), RESOLVED))

        assert all(cause in {opened.type, MERGED.type} for cause, _ in moves)

    def test_ends_first_and_starts_last(self) -> None:
        moves = [move for cause, move in run((*OPENED, RESOLVED)) if cause == "case.resolved.v1"]

        assert [move.clock.is_live for move in moves] == [False] * (len(moves) - 1) + [True]
        assert moves[-1].clock.kind == "reopen_window"

    def test_needs_the_playbook_of_the_case(self) -> None:
        with pytest.raises(PlaybookNotLoaded):
            run(OPENED, rules=Rules(playbooks={}, name=the_rules().name))


class TestNextDue:
    def test_is_the_earliest_of_what_runs(self) -> None:
        clocks = [held.clock for held in clocks_of(OPENED).values()]

        assert next_due(clocks) == at(3600)

    def test_is_none_when_nothing_runs(self) -> None:
        assert next_due([]) is None
        assert next_due([stopped(clocks_of(OPENED)["acknowledge"].clock)]) is None


def stopped(clock: Clock) -> Clock:
    return replace(clock, stopped_at=at(1))


class TestFactOf:
    def test_knows_every_announcement_of_the_engine(self) -> None:
        held = clocks_of(OPENED)["resolution"]
        started = next(m for _, m in run(OPENED) if m.announcements).announcements[0]

        with pytest.raises(AnnouncementUnknown):
            fact_of(held, replace(started, event="sla.dreamt"), now=at(0))
        with pytest.raises(AnnouncementUnknown):
            fact_of(held, replace(started, due_at=None), now=at(0))
        with pytest.raises(AnnouncementUnknown):
            fact_of(held, replace(started, event="sla.warned"), now=at(0))

    def test_names_why_a_clock_no_longer_applies(self) -> None:
        held = clocks_of(OPENED)["resolution"]
        move = next(m for _, m in run(OPENED) if m.announcements)
        cancelled = replace(move.announcements[0], event="sla.clock_cancelled")
        of_handoff = replace(held, clock=replace(held.clock, kind="handoff_accept"))

        reasons = [
            fact_of(one, cancelled, now=at(0)).model_dump()["reason"] for one in (held, of_handoff)
        ]

        assert reasons == ["case_ended", "handoff_ended"]


class TestInOrder:
    def test_puts_what_fell_due_before_what_was_noticed_later(self) -> None:
        move = next(m for _, m in run(OPENED) if m.announcements)
        late = replace(move.announcements[0], event="sla.warned", due_at=at(9))
        early = replace(move.announcements[0], event="sla.breached", due_at=at(5))
        met = replace(move.announcements[0], event="sla.met", at=at(7))
        moves = [replace(move, announcements=(one,)) for one in (late, met, early)]

        assert [one.event for _, one in in_order(moves)] == [
            "sla.breached",
            "sla.met",
            "sla.warned",
        ]
