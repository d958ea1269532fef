from dataclasses import replace
from typing import Any

import pytest

from builders_dump import (
    BREACHED,
    CASE,
    DUE_AT,
    LEAVES,
    OPENED,
    OTHER,
    RECEIVED,
    ROUTED,
    TOLD,
    WRITTEN,
    a_clean_dump,
    a_cursor,
    a_record,
    names,
    parked,
    without,
)
from harness.anomalies import Name
from harness.checker import check
from harness.facts import (
    Head,
    Place,
    View,
    Written,
)


class TestStreams:
    def test_a_number_never_written_is_a_gap(self) -> None:
        dump = a_clean_dump(
            written=(*without(WRITTEN, RECEIVED), replace(RECEIVED, sequence=3)), heads=()
        )

        assert Name.GAP in names(dump)

    def test_a_number_taken_and_never_written_is_a_gap(self) -> None:
        ahead = Head(service="router", topic="cases.v1", subject=CASE, last_sequence=3)

        assert names(a_clean_dump(heads=(ahead,))) == {Name.GAP}

    def test_a_head_behind_its_stream_is_a_conflict_to_come(self) -> None:
        behind = Head(service="router", topic="cases.v1", subject=CASE, last_sequence=1)

        assert names(a_clean_dump(heads=(behind,))) == {Name.CONFLICT}

    def test_two_events_of_one_number_are_a_conflict(self) -> None:
        other = replace(ROUTED, event_id="another", late=True)

        assert names(a_clean_dump(written=(*WRITTEN, other))) == {Name.CONFLICT, Name.EFFECT_TWICE}

    @pytest.mark.parametrize("changed", [{"id": 0}, {"time": DUE_AT - 5}])
    def test_a_later_number_with_an_earlier_place_is_out_of_order(
        self, changed: dict[str, Any]
    ) -> None:
        dump = a_clean_dump(written=(*without(WRITTEN, ROUTED), replace(ROUTED, **changed)))

        assert names(dump) == {Name.OUT_OF_ORDER}

    def test_what_waits_to_be_published_at_rest_is_unseen(self) -> None:
        waiting = replace(BREACHED, pending=True, sent=False)

        assert names(a_clean_dump(written=(*WRITTEN[:4], waiting))) == {Name.UNSEEN}

    def test_what_was_neither_sent_nor_waits_is_lost(self) -> None:
        gone = replace(BREACHED, sent=False)

        assert names(a_clean_dump(written=(*WRITTEN[:4], gone))) == {Name.LOST_WRITE}

    def test_what_is_marked_and_not_in_its_topic_is_lost(self) -> None:
        dump = a_clean_dump(records=without(a_clean_dump().records, BREACHED))

        assert names(dump) == {Name.LOST_WRITE}

    def test_a_record_of_nothing_is_a_phantom(self) -> None:
        made_up = a_record(5, replace(ROUTED, event_id="made-up", subject=OTHER, sequence=1))

        assert names(a_clean_dump(records=(*a_clean_dump().records, made_up))) == {Name.PHANTOM}

    def test_a_record_that_a_test_wrote_is_none_of_ours(self) -> None:
        made_up = a_record(5, replace(ROUTED, event_id="made-up"))
        known = Place(topic="cases.v1", partition=0, offset=5)

        dump = a_clean_dump(records=(*a_clean_dump().records, made_up), foreign=(known,))

        assert check(dump) == []

    def test_a_record_that_says_otherwise_is_a_conflict(self) -> None:
        records = [*a_clean_dump().records, a_record(5, replace(ROUTED, digest="sha256:00"))]

        assert names(a_clean_dump(records=records)) == {Name.CONFLICT}

    def test_records_in_another_order_are_out_of_order(self) -> None:
        records = [a_record(n, one) for n, one in enumerate([RECEIVED, OPENED, *TOLD[1:]])]

        assert names(a_clean_dump(records=without(records[:1], OPENED) + tuple(records[1:]))) == {
            Name.OUT_OF_ORDER
        }

    def test_later_copies_of_earlier_records_do_no_harm(self) -> None:
        records = [*a_clean_dump().records, a_record(5, OPENED), a_record(6, ROUTED)]

        assert check(a_clean_dump(records=records)) == []

    def test_one_subject_in_two_partitions_is_out_of_order(self) -> None:
        records = [*without(a_clean_dump().records, ROUTED), a_record(9, ROUTED, partition=1)]

        assert names(a_clean_dump(records=records)) == {Name.OUT_OF_ORDER}


class TestHearing:
    @pytest.mark.parametrize("left", [OPENED, None])
    def test_a_consumer_behind_has_not_seen_all(self, left: Written | None) -> None:
        cursors = [one for one in a_clean_dump().cursors if one.last_event_id != RECEIVED.event_id]
        behind = [a_cursor("router", left)] if left else []
        others = [a_cursor(service, RECEIVED) for service in ("intake", "sla-monitor")]

        [anomaly] = check(a_clean_dump(cursors=[*cursors, *others, *behind]))

        assert anomaly.name == Name.UNSEEN
        assert anomaly.about.startswith("router of intake/")

    def test_what_is_parked_accounts_for_the_difference(self) -> None:
        cursors = [one for one in a_clean_dump().cursors if one.service != "sla-monitor"]
        dump = a_clean_dump(
            cursors=[
                *cursors,
                a_cursor("sla-monitor", OPENED),
                *(a_cursor("sla-monitor", one) for one in (ROUTED, BREACHED)),
            ],
            parked=(parked(RECEIVED, 3),),
        )

        assert names(dump) == {Name.STUCK}

    def test_what_was_said_while_we_looked_need_not_be_heard(self) -> None:
        late = replace(BREACHED, late=True, pending=True, sent=False)
        dump = a_clean_dump(
            written=(*WRITTEN[:4], late),
            records=without(a_clean_dump().records, BREACHED),
            cursors=[
                one for one in a_clean_dump().cursors if one.last_event_id != BREACHED.event_id
            ],
            leaves=LEAVES[:4],
            checkpoints=(),
            views=(*a_clean_dump().views[:2], View(service="sla-monitor", case=CASE, state={})),
        )

        assert check(dump) == []

    def test_a_cursor_past_the_end_heard_a_phantom(self) -> None:
        ahead = replace(a_cursor("intake", ROUTED), last_sequence=3, last_event_id="made-up")

        assert Name.PHANTOM in names(a_clean_dump(cursors=(*a_clean_dump().cursors, ahead)))

    def test_a_cursor_of_another_event_heard_a_conflict(self) -> None:
        other = replace(a_cursor("intake", ROUTED), last_event_id="another")

        assert names(a_clean_dump(cursors=(*a_clean_dump().cursors, other))) == {Name.CONFLICT}
