"""Verdicts on events."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from bells import NOON, a_record
from chassis.cloudevents import read_envelope
from chassis.inbox import GIVEN_UP, Cursor, Verdict, decide_echo, decide_verdict

SAME, OTHER = UUID(int=1), UUID(int=2)


def cursor(sequence: int) -> Cursor | None:
    return Cursor(sequence, SAME) if sequence else None


class TestDecideVerdict:
    @pytest.mark.parametrize(
        ("sequence", "last", "event_id", "blocked", "verdict"),
        [
            (1, 0, SAME, False, Verdict.APPLY),
            (2, 1, OTHER, False, Verdict.APPLY),
            (2, 0, SAME, False, Verdict.GAP),
            (4, 2, OTHER, False, Verdict.GAP),
            (1, 2, OTHER, False, Verdict.DUPLICATE),
            (2, 2, SAME, False, Verdict.DUPLICATE),
            (2, 2, SAME, True, Verdict.DUPLICATE),
            (2, 2, OTHER, False, Verdict.CONFLICT),
            (2, 2, OTHER, True, Verdict.CONFLICT),
            (3, 2, OTHER, True, Verdict.BEHIND),
            (9, 2, OTHER, True, Verdict.BEHIND),
        ],
    )
    def test_judges(
        self,
        *,
        sequence: int,
        last: int,
        event_id: UUID,
        blocked: bool,
        verdict: Verdict,
    ) -> None:
        envelope = read_envelope(a_record(sequence=sequence, event_id=event_id))

        assert decide_verdict(envelope, cursor(last), blocked=blocked) is verdict

    @pytest.mark.parametrize(
        ("said_at", "verdict"),
        [
            (NOON - timedelta(milliseconds=1), Verdict.CONFLICT),
            (NOON, Verdict.DUPLICATE),
            (NOON + timedelta(seconds=9), Verdict.DUPLICATE),
            (None, Verdict.DUPLICATE),
        ],
    )
    def test_tells_an_older_place_taken_anew_by_its_time(
        self, said_at: datetime | None, verdict: Verdict
    ) -> None:
        """A producer restored from a backup numbers from there on: once that was a duplicate."""
        envelope = read_envelope(a_record(sequence=2, event_id=OTHER))
        last = Cursor(5, SAME, said_at)

        assert decide_verdict(envelope, last, blocked=False) is verdict
        assert decide_echo(envelope, last, head=9) is verdict

    def test_does_not_call_what_was_given_up_a_conflict(self) -> None:
        late = read_envelope(a_record(sequence=2))

        assert decide_verdict(late, Cursor(2, GIVEN_UP), blocked=False) is Verdict.DUPLICATE


class TestDecideEcho:
    @pytest.mark.parametrize(
        ("sequence", "last", "head", "event_id", "verdict"),
        [
            (1, 0, 1, SAME, Verdict.ECHO),
            (3, 1, 3, OTHER, Verdict.ECHO),
            (1, 1, 3, SAME, Verdict.DUPLICATE),
            (1, 1, 3, OTHER, Verdict.CONFLICT),
            (4, 3, 3, OTHER, Verdict.UNWRITTEN),
            (1, 0, 0, SAME, Verdict.UNWRITTEN),
        ],
    )
    def test_judges(
        self, *, sequence: int, last: int, head: int, event_id: UUID, verdict: Verdict
    ) -> None:
        envelope = read_envelope(a_record(sequence=sequence, event_id=event_id))

        assert decide_echo(envelope, cursor(last), head=head) is verdict
