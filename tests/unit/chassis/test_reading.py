"""How records of several partitions share transactions."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from bells import a_record
from chassis.cloudevents import RawRecord
from chassis.reading import pack


def partitions(*lengths: int) -> list[Sequence[RawRecord]]:
    return [
        [replace(a_record(), partition=partition, offset=n) for n in range(length)]
        for partition, length in enumerate(lengths)
    ]


class TestPack:
    @pytest.mark.parametrize(
        ("lengths", "parcels"),
        [
            ((), []),
            ((3,), [3]),
            ((1, 2, 1), [4]),
            ((4, 4, 4), [8, 4]),
            ((25, 1), [1, 25]),
            ((25, 30), [25, 30]),
        ],
    )
    def test_puts_small_partitions_together(
        self, lengths: tuple[int, ...], parcels: list[int]
    ) -> None:
        assert [len(parcel) for parcel in pack(partitions(*lengths), size=10)] == parcels

    @given(st.lists(st.integers(1, 30), max_size=12))
    def test_keeps_each_partition_whole_and_in_order(self, lengths: list[int]) -> None:
        found = partitions(*lengths)

        packed = pack(found, size=10)

        for records in found:
            (parcel,) = [p for p in packed if records[0] in p]
            assert [one for one in parcel if one.partition == records[0].partition] == records
        assert sum(map(len, packed)) == sum(lengths)
