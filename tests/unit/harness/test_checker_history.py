from dataclasses import replace

from builders_dump import CASE, DUE_AT, FILED, OPENED, OTHER, RECEIVED, WRITTEN, a_clean_dump, names
from harness.anomalies import Name
from harness.checker import check
from harness.facts import (
    Effect,
)
from harness.history import Operation, Result


class TestAcceptance:
    def test_misses_a_case_that_was_accepted(self) -> None:
        lost = replace(FILED, key="k2", subject=OTHER, facts={**FILED.facts, "request_ids": ["r"]})

        dump = a_clean_dump(history=(FILED, lost))

        assert names(dump) == {Name.LOST_WRITE}

    def test_misses_an_event_that_a_yes_promises(self) -> None:
        claimed = replace(
            FILED,
            op="claim",
            key="k2",
            facts={"request_ids": ["req_9"], "says": ["case.assigned.v1"]},
        )

        assert names(a_clean_dump(history=(FILED, claimed))) == {Name.LOST_WRITE}

    def test_misses_what_a_position_promises(self) -> None:
        told = replace(FILED, op="claim", key="k2", facts={"position": {"router": 3}})

        assert names(a_clean_dump(history=(FILED, told))) == {Name.LOST_WRITE}

    def test_notices_a_refusal_that_was_done(self) -> None:
        refused = replace(FILED, result=Result.FAIL, status=422)

        assert names(a_clean_dump(history=(refused,))) == {Name.PHANTOM}

    def test_lets_a_lost_answer_be_either(self) -> None:
        unknown = replace(FILED, result=Result.INFO, status=None)
        never = replace(unknown, key="k2", subject=None, facts={"request_ids": ["req_9"]})

        assert check(a_clean_dump(history=(unknown, never))) == []

    def test_notices_a_key_that_worked_twice(self) -> None:
        again = replace(OPENED, subject=OTHER, event_id="again", request_id="req_1b", id=9)
        twice = replace(FILED, facts={**FILED.facts, "request_ids": ["req_1", "req_1b"]})

        dump = a_clean_dump(history=(twice,), written=(*WRITTEN, again))

        assert Name.DUPLICATE in names(dump)

    def test_notices_a_yes_that_should_have_been_a_no(self) -> None:
        open_ = replace(FILED, facts={**FILED.facts, "may_not": "the database was away"})

        assert names(a_clean_dump(history=(open_,))) == {Name.FAIL_OPEN}

    def test_notices_a_case_that_is_not_found_again(self) -> None:
        read = Operation(
            op="read_case",
            key="k2",
            invoked=3.0,
            completed=4.0,
            result=Result.FAIL,
            status=404,
            subject=CASE,
        )

        assert names(a_clean_dump(history=(FILED, read))) == {Name.LOST_WRITE}


class TestRowsAndTheirEvents:
    def test_a_row_without_its_event_is_a_lost_write(self) -> None:
        silent = Effect(service="intake", table="cases", id=OTHER)

        [anomaly] = check(a_clean_dump(effects=(*a_clean_dump().effects, silent)))

        assert (anomaly.name, anomaly.about) == (Name.LOST_WRITE, OTHER)

    def test_an_event_without_its_row_is_a_phantom(self) -> None:
        assert names(a_clean_dump(effects=a_clean_dump().effects[:1])) == {Name.PHANTOM}

    def test_two_events_of_one_row_are_a_duplicate(self) -> None:
        again = replace(RECEIVED, sequence=3, id=3, time=DUE_AT + 3, event_id="again", late=True)

        dump = a_clean_dump(written=(*WRITTEN, again), heads=())

        assert names(dump) == {Name.DUPLICATE}
