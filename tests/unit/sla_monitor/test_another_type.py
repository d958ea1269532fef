"""What another type, or another team, does to the clocks of a case."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from builders_contracts import ADDRESS, NOON, REGISTRATION, a_message, an_id, fold_all, numbered
from builders_routing import reclassified, rerouted
from builders_sla_monitor import ASKED, OPENED, asked, the_rules
from contracts.event import Contract
from contracts.resolution import EvidenceWaived
from playbook.clock import Clock
from sla_monitor.domain.following import follow
from sla_monitor.domain.happening import read_event
from sla_monitor.domain.holding import Held, Move

HOUR = 3600
SUSPENDED = reclassified("account_suspension")
QUESTION = reclassified("policy_clarification", severity="low")
EXPECTED = a_message(1, expected_by=NOON + timedelta(days=4))


def run(*facts: Contract) -> tuple[dict[str, Clock], list[Move]]:
    """Let clocks follow a case, a minute between two events; the moves of the last one apart."""
    held: dict[str, Held] = {}
    moves: Sequence[Move] = ()
    events = numbered(facts)
    for number, one in enumerate(events, start=1):
        state = fold_all(events[:number])
        moves = follow(read_event(one, state), list(held.values()), state=state, rules=the_rules())
        held |= {move.clock.clock_id: move.held for move in moves}
    return {one.clock.kind: one.clock for one in held.values()}, list(moves)


def said(moves: Sequence[Move]) -> list[tuple[str, str]]:
    return [(one.event, move.clock.kind) for move in moves for one in move.announcements]


def hours(clock: Clock) -> float:
    return clock.target.total_seconds() / HOUR


class TestReclassified:
    def test_gives_the_targets_of_the_new_type_and_keeps_what_was_used(self) -> None:
        clocks, moves = run(*OPENED, SUSPENDED)

        assert {kind: hours(clocks[kind]) for kind in ("resolution", "first_response")} == {
            "resolution": 20,
            "first_response": 4,
        }
        assert said(moves) == [("sla.target_changed", "resolution")]
        assert clocks["resolution"].started_at == NOON

    def test_leaves_what_a_letter_has_promised(self) -> None:
        before, _ = run(*ASKED)

        after, moves = run(*ASKED, SUSPENDED)

        for kind in ("next_update", "evidence_due"):
            assert after[kind] == before[kind]
        assert ("sla.target_changed", "next_update") not in said(moves)

    def test_never_puts_off_an_end_that_the_seller_was_told(self) -> None:
        told = (*OPENED, QUESTION, EXPECTED)
        before, _ = run(*told)

        after, moves = run(*told, reclassified("feature_request", previous="policy_clarification"))

        assert hours(before["resolution"]) == 8
        assert after["resolution"] == before["resolution"]
        assert ("sla.target_changed", "resolution") not in said(moves)

    def test_puts_it_off_openly_while_nobody_was_told(self) -> None:
        clocks, moves = run(
            *OPENED, QUESTION, reclassified("feature_request", previous="policy_clarification")
        )

        assert hours(clocks["resolution"]) == 40
        assert ("sla.target_changed", "resolution") in said(moves)

    def test_brings_an_end_forward_that_the_seller_was_told(self) -> None:
        clocks, _ = run(*OPENED, EXPECTED, SUSPENDED)

        assert hours(clocks["resolution"]) == 20

    def test_again_changes_nothing(self) -> None:
        once, _ = run(*OPENED, SUSPENDED)

        again, moves = run(*OPENED, SUSPENDED, SUSPENDED)

        assert again == once
        assert moves == []


class TestRerouted:
    def test_gives_the_seconds_from_now_on_to_the_new_team(self) -> None:
        clocks, moves = run(*OPENED, rerouted("seller_care"))

        assert {clocks[kind].team for kind in ("resolution", "assign", "first_response")} == {
            "seller_care"
        }
        used = [one for move in moves for one in move.intervals if move.clock.kind == "resolution"]
        assert {one.team for one in used} == {"verification"}

    def test_moves_the_team_and_not_the_date_that_was_told(self) -> None:
        told = (*OPENED, QUESTION, EXPECTED)
        before, _ = run(*told)

        after, _ = run(*told, rerouted("seller_care"))

        assert after["resolution"].team == "seller_care"
        assert after["resolution"].due_at == before["resolution"].due_at


class TestEvidenceWaived:
    @pytest.mark.parametrize(("kinds", "cancelled"), [(1, False), (2, True)])
    def test_ends_the_wait_with_the_last_document(self, kinds: int, *, cancelled: bool) -> None:
        waived = [
            EvidenceWaived(kind=kind, item=an_id("itm", number), reason="reclassified")
            for number, kind in enumerate((REGISTRATION, ADDRESS)[:kinds], start=1)
        ]

        clocks, moves = run(*OPENED, asked(), *waived)

        assert (clocks["evidence_due"].state == "cancelled") is cancelled
        assert (("sla.clock_cancelled", "evidence_due") in said(moves)) is cancelled
        assert (("sla.clock_resumed", "resolution") in said(moves)) is cancelled
