"""What letters say without being told, what they promise, and when silence has spoken."""

from datetime import UTC, datetime, timedelta

import pytest

from builders_contracts import (
    ADDRESS,
    E1,
    NOON,
    REGISTRATION,
    a_case_opened,
    a_message,
    an_id,
    event,
    fold_all,
    sealed,
)
from builders_resolution import ANSWERED, ASKED, a_case, rejected, the_playbook
from contracts import resolution
from contracts.cases import AppealFiled
from resolution.domain import letters, silence
from resolution.domain.promises import promise_dates


class TestRequestTemplate:
    @pytest.mark.covers("SC-4")
    def test_is_the_first_response_once(self) -> None:
        found = letters.request_template(the_playbook(), a_case())

        assert found == "payout_hold.first_response"

    def test_is_a_request_after_that(self) -> None:
        found = letters.request_template(the_playbook(), a_case(ASKED))

        assert found == "payout_hold.evidence_request"

    def test_is_a_request_where_the_first_response_asks_for_nothing(self) -> None:
        state = a_case([a_case_opened(issue_type="listing_error")])

        assert letters.request_template(the_playbook(), state) == "seller_care.evidence_request"

    def test_is_none_where_the_playbook_has_no_such_letter(self) -> None:
        playbook = the_playbook()
        fewer = tuple(one for one in playbook.templates if one.kind != "evidence_request")
        without = playbook.model_copy(update={"templates": fewer})

        assert letters.request_template(without, a_case(ASKED)) is None


class TestHasFirstResponse:
    @pytest.mark.covers("CX-8")
    def test_does_not_count_an_acknowledgement(self) -> None:
        acknowledged = a_case([a_case_opened()], a_message(1, kind="ack", qualifying=False))

        assert not letters.has_first_response(acknowledged)
        assert letters.has_first_response(a_case(ASKED))


class TestIsFor:
    @pytest.mark.covers("SC-5")
    def test_keeps_templates_to_their_issue_types(self) -> None:
        playbook = the_playbook()

        assert letters.is_for(playbook, "payout_hold.update", "payout_hold")
        assert letters.is_for(playbook, "seller_care.update", "payout_hold")
        assert not letters.is_for(playbook, "payout_hold.update", "listing_error")
        assert not letters.is_for(playbook, "nonsense", "payout_hold")


class TestKnownParameters:
    def test_hold_clear_facts_and_dates_never_sealed_values(self) -> None:
        opened = a_case_opened()
        facts = opened.facts | {"bank_account_ref": sealed("bank")}
        state = a_case([opened.model_copy(update={"facts": facts})])
        dates = promise_dates(the_playbook(), state, NOON)

        known = letters.known_parameters(state, dates, missing=[ADDRESS])

        assert known["payout_ref"] == "PO-88121"
        assert known["amount"] == {"amount_minor": 184050, "currency": "GBP"}
        assert known["missing"] == [ADDRESS]
        assert known["reply_by"] == NOON + timedelta(days=14)
        assert "bank_account_ref" not in known


class TestPromiseDates:
    def test_come_from_the_targets_before_and_after_classification(self) -> None:
        before = promise_dates(the_playbook(), a_case([a_case_opened()]), NOON)
        after = promise_dates(the_playbook(), a_case(), NOON)

        assert before.update_by == after.update_by
        assert NOON < after.update_by < after.expected_by < after.reply_by < after.appeal_by

    def test_run_on_the_demonstration_clock_where_there_is_one(self) -> None:
        state = a_case().model_copy(update={"marketplace": "harbour-demo"})

        dates = promise_dates(the_playbook(), state, NOON)

        assert dates.expected_by == NOON + timedelta(seconds=8)
        assert dates.reply_by == NOON + timedelta(seconds=300)


class TestFill:
    def test_takes_what_the_template_wants_and_keeps_what_was_given(self) -> None:
        filled = letters.fill(["a", "b"], {"a": 1, "b": 2, "c": 3}, {"b": 9, "stray": 0})

        assert filled == {"a": 1, "b": 9, "stray": 0}


class TestPromisedDate:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (NOON, NOON),
            ("2026-11-22T12:00:00Z", datetime(2026, 11, 22, 12, tzinfo=UTC)),
            ("2026-11-22T12:00:00", None),
            ("soon", None),
            (7, None),
            (None, None),
        ],
    )
    def test_reads_an_instant_with_its_offset(self, value: object, expected: object) -> None:
        assert letters.promised_date({"update_by": value}) == expected


class TestIsUnanswered:
    def test_holds_while_something_of_the_request_is_open(self) -> None:
        assert silence.is_unanswered(a_case(ASKED), an_id("req", 1))

    def test_does_not_hold_for_another_request(self) -> None:
        assert not silence.is_unanswered(a_case(ASKED), an_id("req", 2))

    def test_does_not_hold_once_everything_came(self) -> None:
        assert not silence.is_unanswered(a_case(ANSWERED), an_id("req", 1))

    def test_holds_again_after_a_rejection(self) -> None:
        state = a_case(ANSWERED, rejected(3, REGISTRATION))

        assert silence.is_unanswered(state, an_id("req", 1))

    def test_does_not_hold_for_what_the_case_can_do_without(self) -> None:
        optional = resolution.EvidenceRequested(
            request=an_id("req", 1),
            items=(resolution.RequestedItem(item=an_id("itm"), kind="a", standard="a", why="a"),),
            required=False,
            due_at=NOON,
        )

        assert not silence.is_unanswered(a_case([a_case_opened()], optional), an_id("req", 1))

    def test_does_not_hold_for_a_case_that_ended(self) -> None:
        ended = fold_all(E1).model_copy(update={"evidence": {}})

        assert not silence.is_unanswered(ended, an_id("req", 1))


class TestMayClose:
    def test_holds_from_the_end_of_the_window_on(self) -> None:
        state, end = fold_all(E1), NOON + timedelta(days=30)

        assert silence.may_close(state, end)
        assert not silence.may_close(state, end - timedelta(seconds=1))

    def test_does_not_hold_before_there_is_an_outcome(self) -> None:
        assert not silence.may_close(a_case(), NOON)

    def test_does_not_hold_twice(self) -> None:
        closed = fold_all([*E1, event(resolution.CaseClosed(outcome="released"), minute=60)])

        assert not silence.may_close(closed, NOON + timedelta(days=31))

    def test_does_not_hold_while_an_appeal_waits(self) -> None:
        """Also where the record that opens the case was skipped: the fold has the appeal."""
        filed = AppealFiled(
            appeal=an_id("apl"), decisions=(an_id("dec"),), ground="new_evidence", appeal_by=NOON
        )
        appealed = fold_all([*E1, event(filed, sequence=90, minute=60)])
        answer = resolution.AppealDecided(appeal=an_id("apl"), outcome="upheld", decisions=())
        answered = fold_all(
            [*E1, event(filed, sequence=90, minute=60), event(answer, sequence=91, minute=61)]
        )

        assert not silence.may_close(appealed, NOON + timedelta(days=31))
        assert silence.may_close(answered, NOON + timedelta(days=31))
