from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from builders_dump import (
    BREACHED,
    CASE,
    CLASSIFIED,
    LEAVES,
    OPENED,
    OTHER,
    RECEIVED,
    ROUTED,
    a_checkpoint,
    a_clean_dump,
    a_head,
    a_leaf,
    names,
    textbook_root,
    without,
)
from harness.anomalies import Name
from harness.checker import check
from harness.checker_log import roots
from harness.facts import (
    Gap,
)


class TestTheLog:
    def test_a_leaf_twice_is_a_duplicate(self) -> None:
        again = a_leaf(5, ROUTED)

        assert names(a_clean_dump(leaves=(*LEAVES, again))) == {Name.DUPLICATE, Name.OUT_OF_ORDER}

    def test_a_leaf_of_nothing_is_a_phantom(self) -> None:
        forged = a_leaf(5, replace(ROUTED, event_id="made-up", subject=OTHER, sequence=1))

        assert names(a_clean_dump(leaves=(*LEAVES, forged))) == {Name.PHANTOM}

    def test_a_leaf_of_audits_own_is_none(self) -> None:
        own = a_leaf(5, replace(ROUTED, event_id="own", service="audit", topic="audit", sequence=1))

        assert check(a_clean_dump(leaves=(*LEAVES, own))) == []

    @pytest.mark.parametrize(("numbered", "found"), [(1, set()), (2, {Name.GAP})])
    def test_what_audit_numbers_of_its_own_are_leaves(
        self, numbered: int, found: set[Name]
    ) -> None:
        own = replace(ROUTED, event_id="own", service="audit", topic="audit", sequence=1)
        head = replace(a_head(own), last_sequence=numbered)
        clean = a_clean_dump(leaves=(*LEAVES, a_leaf(5, own)))

        assert names(replace(clean, heads=(*clean.heads, head))) == found

    def test_what_audit_has_not_come_to_is_unseen(self) -> None:
        dump = a_clean_dump(
            leaves=LEAVES[:4],
            checkpoints=(),
            records=without(a_clean_dump().records, BREACHED),
            setting=replace(a_clean_dump().setting, topics=()),
        )

        assert names(dump) == {Name.UNSEEN}

    def test_a_leaf_that_audit_went_past_is_lost(self) -> None:
        left = [replace(leaf, idx=idx) for idx, leaf in enumerate(without(LEAVES, OPENED))]

        assert names(a_clean_dump(leaves=left, checkpoints=())) == {Name.LOST_LEAF, Name.GAP}

    def test_a_number_that_a_gap_leaf_names_may_be_missing(self) -> None:
        left = [replace(leaf, idx=idx) for idx, leaf in enumerate(without(LEAVES, OPENED))]
        named = Gap(producer="intake", topic="cases.v1", subject=CASE, sequence=1)

        assert check(a_clean_dump(leaves=left, checkpoints=(), gaps=(named,))) == []

    def test_leaves_in_another_order_are_out_of_order(self) -> None:
        order = (OPENED, ROUTED, CLASSIFIED, RECEIVED, BREACHED)
        leaves = [a_leaf(idx, row) for idx, row in enumerate(order)]

        assert names(a_clean_dump(leaves=leaves, checkpoints=())) == {Name.OUT_OF_ORDER, Name.GAP}

    def test_an_effect_before_its_cause_is_out_of_order(self) -> None:
        order = (CLASSIFIED, OPENED, ROUTED, RECEIVED, BREACHED)
        leaves = [a_leaf(idx, row) for idx, row in enumerate(order)]

        [anomaly] = check(a_clean_dump(leaves=leaves, checkpoints=()))

        assert (anomaly.name, anomaly.invariant) == (Name.OUT_OF_ORDER, "I5")

    def test_a_cause_that_never_was_is_a_phantom(self) -> None:
        dump = a_clean_dump(
            leaves=(*LEAVES[:4], a_leaf(4, replace(BREACHED, causation="never"))), checkpoints=()
        )

        assert names(dump) == {Name.PHANTOM}

    def test_a_leaf_that_says_otherwise_is_a_changed_log(self) -> None:
        changed = a_leaf(4, replace(BREACHED, digest="sha256:00"))

        assert names(a_clean_dump(leaves=(*LEAVES[:4], changed), checkpoints=())) == {
            Name.CHANGED_LOG
        }

    def test_an_index_that_is_missing_is_a_changed_log(self) -> None:
        moved = [*LEAVES[:4], replace(LEAVES[4], idx=7)]

        assert names(a_clean_dump(leaves=moved, checkpoints=())) == {Name.CHANGED_LOG}

    def test_a_bit_in_a_leaf_is_a_changed_log(self) -> None:
        bit = replace(LEAVES[1], content=LEAVES[1].content + " ")

        assert names(a_clean_dump(leaves=(LEAVES[0], bit, *LEAVES[2:]))) == {Name.CHANGED_LOG}

    def test_a_log_shorter_than_was_signed_is_a_changed_log(self) -> None:
        later = a_checkpoint(LEAVES, size=6)

        assert names(a_clean_dump(checkpoints=(a_checkpoint(LEAVES[:2]), later))) == {
            Name.CHANGED_LOG
        }

    def test_two_roots_of_one_size_are_a_fork(self) -> None:
        other = a_checkpoint(LEAVES[:2], root=textbook_root(LEAVES[1:3]))

        assert names(a_clean_dump(checkpoints=(*a_clean_dump().checkpoints, other))) == {
            Name.FORKED_CHECKPOINT
        }

    def test_one_checkpoint_that_the_log_never_had_is_a_fork(self) -> None:
        other = a_checkpoint(LEAVES[:3], root=textbook_root(LEAVES[1:4]))

        assert names(a_clean_dump(checkpoints=(*a_clean_dump().checkpoints, other))) == {
            Name.FORKED_CHECKPOINT
        }

    @given(st.integers(min_value=1, max_value=70))
    def test_computes_every_root_as_the_textbook_does(self, size: int) -> None:
        leaves = [replace(LEAVES[0], idx=idx, content=str(idx)) for idx in range(size)]

        found = roots(leaves, set(range(size + 1)))

        assert found == {n: textbook_root(leaves[:n]) for n in range(size + 1)}
