"""Events on the wire."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from chassis.cloudevents import NotAnEvent, RawRecord, read_envelope, to_headers
from contracts.event import Envelope

ENVELOPE = Envelope(
    id=UUID(int=1),
    producer="sla-monitor",
    type="bell.rung.v1",
    subject="front",
    sequence=3,
    time=datetime(2026, 11, 22, 12, 0, 0, 5_000, tzinfo=UTC),
    schema_ref="bell.rung.v1#1",
    correlation_id=UUID(int=2),
    marketplace="harbour",
)
RECORD = RawRecord(
    topic="bells.v1",
    partition=0,
    offset=7,
    key=b"front",
    headers=to_headers(ENVELOPE),
    value=b"{}",
    timestamp_ms=0,
)


class TestToHeaders:
    def test_writes_what_is_known(self) -> None:
        assert to_headers(ENVELOPE) == {
            "ce_specversion": "1.0",
            "content-type": "application/json",
            "ce_id": "00000000-0000-0000-0000-000000000001",
            "ce_source": "/sellerworks/sla-monitor",
            "ce_type": "bell.rung.v1",
            "ce_subject": "front",
            "ce_time": "2026-11-22T12:00:00.005Z",
            "ce_dataschema": "bell.rung.v1#1",
            "ce_sequence": "3",
            "ce_correlationid": "00000000-0000-0000-0000-000000000002",
            "ce_marketplace": "harbour",
        }


class TestReadEnvelope:
    def test_reads_what_was_written(self) -> None:
        assert read_envelope(RECORD) == ENVELOPE

    def test_ignores_headers_that_nobody_knows(self) -> None:
        headers = {**RECORD.headers, "ce_new": "x", "baggage": "ü"}

        assert read_envelope(replace(RECORD, headers=headers)) == ENVELOPE

    @pytest.mark.parametrize("missing", [n for n in RECORD.headers if n.startswith("ce_")][:9])
    def test_refuses_a_missing_header(self, missing: str) -> None:
        headers = {name: value for name, value in RECORD.headers.items() if name != missing}

        with pytest.raises(NotAnEvent):
            read_envelope(replace(RECORD, headers=headers))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"ce_id": "one"},
            {"ce_sequence": "0"},
            {"ce_sequence": "1e3"},
            {"ce_sequence": "99999999999"},
            {"ce_time": "noon"},
            {"ce_time": "2026-11-22T13:00:00+01:00"},
            {"ce_type": "a\x00b"},
            {"ce_type": "x" * 3000},
            {"ce_source": "/elsewhere"},
            {"ce_source": "/sellerworks/"},
            {"ce_specversion": "0.3"},
            {"ce_marketplace": ""},
            {"ce_subject": "back"},
        ],
    )
    def test_refuses_a_wrong_header(self, wrong: dict[str, str]) -> None:
        with pytest.raises(NotAnEvent):
            read_envelope(replace(RECORD, headers={**RECORD.headers, **wrong}))

    @pytest.mark.parametrize(
        "broken",
        [
            replace(RECORD, value=None),
            replace(RECORD, value=b""),
            replace(RECORD, key=None),
            replace(RECORD, defect="headers are not UTF-8"),
            replace(RECORD, headers={}),
        ],
    )
    def test_refuses_what_is_no_event(self, broken: RawRecord) -> None:
        with pytest.raises(NotAnEvent):
            read_envelope(broken)

    @given(st.dictionaries(st.sampled_from(sorted(RECORD.headers)), st.text()))
    def test_never_fails_otherwise(self, changed: dict[str, str]) -> None:
        try:
            read_envelope(replace(RECORD, headers={**RECORD.headers, **changed}))
        except NotAnEvent as refusal:
            assert str(refusal)  # noqa: PT017 - the property is that nothing else is raised
