from collections.abc import Sequence
from hashlib import sha256

from aiokafka import ConsumerRecord

from harness.topics import to_record

HEADERS = [
    ("ce_id", b"id-1"),
    ("ce_source", b"/sellerworks/sla-monitor"),
    ("ce_subject", b"case_1"),
    ("ce_sequence", b"7"),
    ("ce_type", b"sla.met.v1"),
]


def told(headers: Sequence[tuple[str, bytes]], value: bytes | None = b"{}") -> ConsumerRecord:
    return ConsumerRecord(
        topic="mine.cases.v1",
        partition=3,
        offset=9,
        timestamp=0,
        timestamp_type=1,
        key=b"case_1",
        value=value,
        checksum=None,
        serialized_key_size=6,
        serialized_value_size=2,
        headers=headers,
    )


class TestToRecord:
    def test_reads_whose_event_it_is_and_where_it_stands(self) -> None:
        record = to_record(told(HEADERS), prefix="mine.")

        assert (record.topic, record.partition, record.offset) == ("cases.v1", 3, 9)
        assert (record.producer, record.subject, record.sequence) == ("sla-monitor", "case_1", 7)
        assert record.digest == f"sha256:{sha256(b'{}').hexdigest()}"

    def test_takes_for_no_event_what_is_none(self) -> None:
        for headers in (HEADERS[1:], [*HEADERS[:3], ("ce_sequence", b"x"), HEADERS[4]], []):
            assert to_record(told(headers, None)).event_id is None
