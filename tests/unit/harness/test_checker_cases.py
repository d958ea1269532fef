from dataclasses import replace
from typing import Any

import pytest

from builders_dump import (
    BREACHED,
    CASE,
    CLASSIFIED,
    DUE_AT,
    FOLDING,
    LEAVES,
    OPENED,
    RECEIVED,
    ROUTED,
    WRITTEN,
    a_clean_dump,
    a_cursor,
    a_leaf,
    a_record,
    names,
    parked,
    without,
    written,
)
from harness.anomalies import Name
from harness.checker import check
from harness.facts import (
    View,
)


class TestCases:
    def test_nobody_overtakes_what_is_parked(self) -> None:
        cursors = [one for one in a_clean_dump().cursors if one.service != "sla-monitor"]
        past = [a_cursor("sla-monitor", one) for one in (RECEIVED, CLASSIFIED, BREACHED)]

        dump = a_clean_dump(
            cursors=[*cursors, *past], parked=(parked(ROUTED, 2), parked(RECEIVED, 9))
        )

        assert names(dump) == {Name.OVERTAKEN, Name.STUCK}

    def test_what_came_before_it_may_be_applied(self) -> None:
        cursors = [one for one in a_clean_dump().cursors if one.service != "sla-monitor"]
        before = [a_cursor("sla-monitor", one) for one in (ROUTED, OPENED, BREACHED)]

        dump = a_clean_dump(cursors=[*cursors, *before], parked=(parked(RECEIVED, 3),))

        assert names(dump) == {Name.STUCK}

    @pytest.mark.parametrize(
        ("first", "second", "twice"),
        [
            ({"queue": "q"}, {"queue": "q"}, True),
            ({"message": "msg_1"}, {"message": "msg_2"}, True),
            ({"at": "2026-11-22T01:02:03Z"}, {"at": "2026-11-22T01:02:04Z"}, True),
            (
                {"body": {"sealed": "a", "commitment": "b"}},
                {"body": {"sealed": "c", "commitment": "d"}},
                True,
            ),
            ({"items": [{"item": "itm_1"}]}, {"items": [{"item": "itm_2"}]}, True),
            ({"clock": "clk_1"}, {"clock": "clk_2"}, False),
            ({"handoff": "hnd_1"}, {"handoff": "hnd_2"}, False),
        ],
    )
    def test_tells_an_effect_that_happened_twice_from_two_effects(
        self, first: dict[str, Any], second: dict[str, Any], *, twice: bool
    ) -> None:
        one = replace(ROUTED, payload=first)
        other = replace(ROUTED, payload=second, event_id="b", sequence=3, id=3, late=True)
        other = replace(other, time=DUE_AT + 3)

        found = names(a_clean_dump(written=(*without(WRITTEN, ROUTED), one, other), heads=()))

        assert found == ({Name.EFFECT_TWICE} if twice else set())

    def test_services_that_see_a_case_differently_disagree(self) -> None:
        views = (*a_clean_dump().views[:2], View(service="sla-monitor", case=CASE, state={}))

        [anomaly] = check(a_clean_dump(views=views))

        assert anomaly.name == Name.DISAGREEMENT
        assert anomaly.slice == (
            {"service": "intake", "queue": "q"},
            {"service": "sla-monitor", "queue": None},
        )

    def test_a_service_that_holds_the_case_may_differ(self) -> None:
        held = View(service="sla-monitor", case=CASE, state={}, blocked=True)

        dump = a_clean_dump(views=(*a_clean_dump().views[:2], held), parked=(parked(BREACHED, 4),))

        assert names(dump) == {Name.STUCK}

    def test_a_service_that_was_told_to_skip_may_differ(self) -> None:
        skipped = written(
            "sla-monitor",
            2,
            "delivery.skipped.v1",
            payload={"consumer": "sla-monitor", "folded": False},
        )
        other = View(service="sla-monitor", case=CASE, state={})

        dump = a_clean_dump(
            views=(*a_clean_dump().views[:2], other),
            written=(*WRITTEN, skipped),
            heads=(),
            cursors=(
                *(one for one in a_clean_dump().cursors if one.producer != "sla-monitor"),
                *(a_cursor(one, skipped) for one in FOLDING),
            ),
            records=(*a_clean_dump().records, a_record(5, skipped)),
            leaves=(*LEAVES, a_leaf(5, skipped)),
        )

        assert check(dump) == []
