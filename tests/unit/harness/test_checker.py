from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders_dump import (
    BREACHED,
    CASE,
    DUE_AT,
    FOLDING,
    LEAVES,
    WRITTEN,
    a_clean_dump,
    a_record,
    a_step,
    names,
    parked,
)
from harness.anomalies import Name
from harness.checker import check
from harness.dump import Dump
from harness.facts import (
    Place,
    Quarantined,
    Rest,
    Sighting,
)


class TestCheck:
    def test_finds_nothing_wrong_with_a_clean_dump(self) -> None:
        assert check(a_clean_dump()) == []

    def test_shows_the_smallest_slice(self) -> None:
        [anomaly] = check(a_clean_dump(leaves=LEAVES[:4], checkpoints=()))

        assert (anomaly.name, anomaly.invariant) == (Name.LOST_LEAF, "I2")
        assert anomaly.about == f"sla-monitor/cases.v1/{CASE}#1"
        assert anomaly.slice == (BREACHED, a_record(4, BREACHED))
        assert "sla.breached.v1 has no leaf" in str(anomaly)

    def test_says_the_same_of_a_saved_dump(self, tmp_path: Path) -> None:
        dump = a_clean_dump(leaves=LEAVES[:4], steps=(a_step(),), parked=(parked(BREACHED, 4),))

        dump.save(tmp_path)

        assert list(map(str, check(Dump.load(tmp_path)))) == list(map(str, check(dump)))
        assert Dump.load(tmp_path).setting.readers["cases.v1"] == list(FOLDING)


class TestWhateverIsTakenAway:
    @pytest.mark.parametrize(
        ("sort", "nth"),
        [
            (sort, nth)
            for sort in ("written", "records", "cursors", "leaves", "effects", "views")
            for nth in range(len(getattr(a_clean_dump(), sort)))
        ],
    )
    def test_is_missed(self, sort: str, nth: int) -> None:
        rows = list(getattr(a_clean_dump(), sort))
        del rows[nth]
        changed: dict[str, Any] = {sort: rows}

        assert check(replace(a_clean_dump(), **changed))

    @pytest.mark.parametrize(
        ("sort", "nth"),
        [
            (sort, nth)
            for sort in ("written", "leaves")
            for nth in range(len(getattr(a_clean_dump(), sort)))
        ],
    )
    def test_is_noticed_when_it_is_there_twice(self, sort: str, nth: int) -> None:
        rows = list(getattr(a_clean_dump(), sort))
        changed: dict[str, Any] = {sort: [*rows, rows[nth]]}

        assert check(replace(a_clean_dump(), **changed))


class TestRest:
    @pytest.mark.parametrize(
        "rest", [Rest(seconds=5, unrest="audit misses 2 events"), Rest(seconds=61)]
    )
    def test_a_system_that_does_not_come_to_rest_is_restless(self, rest: Rest) -> None:
        assert names(a_clean_dump(rest=rest)) == {Name.RESTLESS}

    def test_what_is_left_in_quarantine_is_stuck(self) -> None:
        left = Quarantined(
            service="router", topic="cases.v1", partition=0, offset=2, error="conflict"
        )
        known = Place(topic="cases.v1", partition=0, offset=9)

        assert names(a_clean_dump(quarantined=(left,))) == {Name.STUCK}
        assert check(a_clean_dump(quarantined=(replace(left, offset=9),), foreign=(known,))) == []

    def test_a_case_held_for_nothing_is_stuck(self) -> None:
        held = replace(a_clean_dump().views[0], blocked=True)

        assert names(a_clean_dump(views=(held, *a_clean_dump().views[1:]))) == {Name.STUCK}

    def test_a_canary_in_the_clear_is_a_leak(self) -> None:
        seen = Sighting(where="router.log", text="a file in the clear")

        assert names(a_clean_dump(sightings=(seen,))) == {Name.LEAK}


class TestTimers:
    def test_one_that_was_detected_before_it_was_due_is_early(self) -> None:
        payload = {**BREACHED.payload, "detected_at": "2026-11-22T00:59:59.000Z"}

        dump = a_clean_dump(written=(*WRITTEN[:4], replace(BREACHED, payload=payload)))

        assert names(dump) == {Name.EARLY_TIMER}

    def test_one_that_was_said_before_it_was_due_is_early(self) -> None:
        dump = a_clean_dump(written=(*WRITTEN[:4], replace(BREACHED, time=DUE_AT - 1)))

        assert names(dump) == {Name.EARLY_TIMER}

    def test_one_that_fires_twice_in_a_revision_is_doubled(self) -> None:
        again = replace(BREACHED, sequence=2, id=2, event_id="again", time=DUE_AT + 2, late=True)

        assert names(a_clean_dump(written=(*WRITTEN, again), heads=())) == {Name.TIMER_TWICE}

    def test_a_retraction_of_nothing_is_a_phantom(self) -> None:
        taken_back = replace(
            BREACHED,
            type="sla.breach_retracted.v1",
            sequence=2,
            id=2,
            time=DUE_AT + 2,
            event_id="back",
            payload={"clock": "clk_1", "revision": 1},
            late=True,
        )

        assert names(a_clean_dump(written=(*WRITTEN, taken_back), heads=())) == {Name.PHANTOM}

    def test_one_that_never_fires_is_late(self) -> None:
        assert names(a_clean_dump(steps=(a_step(),))) == {Name.LATE_TIMER}

    def test_one_whose_log_was_not_read_so_far_may_wait(self) -> None:
        assert check(a_clean_dump(steps=(a_step(caught_up_at=DUE_AT - 1),))) == []
