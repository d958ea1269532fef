"""Leaf bytes: frozen for ever, so written out here in full."""

import json
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given, strategies as st

from audit.domain.leaf import NotALeaf, Source, append_time, in_milliseconds, leaf_of
from audit_exports import headers_of

AT = datetime(2026, 11, 22, 1, 2, 3, 601_999, tzinfo=UTC)
DIGEST = bytes(range(32))
SOURCE = Source(topic="cases.v1", partition=3, offset=918_273)


class TestLeafOf:
    @pytest.mark.covers("AU-3")
    def test_writes_these_bytes(self) -> None:
        headers = headers_of(1, ce_causationid="0193", ce_requestid="req_1", ce_keyid="router-1")

        leaf = leaf_of(headers, payload_sha256=DIGEST, src=SOURCE, recorded_at=AT)

        assert leaf == (
            b'{"actor":"service:router","causation":"0193",'
            b'"correlation":"00000000-0000-0000-0000-000000000001",'
            b'"event_id":"00000000-0000-0000-0000-000000000002","marketplace":"harbour",'
            b'"occurred_at":"2026-11-22T01:02:03.456Z",'
            b'"payload":"sha256:000102030405060708090a0b0c0d0e0f'
            b'101112131415161718191a1b1c1d1e1f","producer":"router",'
            b'"recorded_at":"2026-11-22T01:02:03.601Z","schema":"case.opened.v1#1","sequence":1,'
            b'"src":{"o":918273,"p":3,"t":"cases.v1"},"subject":"case_01m8",'
            b'"type":"case.routed.v1","v":1}'
        )

    @given(
        subject=st.text(st.characters(codec="utf-8")),
        actor=st.text(st.characters(codec="utf-8")),
        sequence=st.integers(1, 10**15 - 1),
    )
    def test_writes_rfc_8785_whatever_the_headers_say(
        self, subject: str, actor: str, sequence: int
    ) -> None:
        """Compared with a library that does nothing else; control characters and all."""
        headers = headers_of(1, ce_subject=subject, ce_actor=actor, ce_sequence=str(sequence))

        leaf = leaf_of(headers, payload_sha256=DIGEST, src=SOURCE, recorded_at=AT)

        assert leaf == rfc8785.dumps(json.loads(leaf))
        assert json.loads(leaf)["actor"] == actor

    def test_leaves_out_what_the_record_left_out(self) -> None:
        headers = headers_of(1, ce_marketplace=None, ce_actor=None)

        leaf = leaf_of(headers, payload_sha256=DIGEST, src=SOURCE, recorded_at=AT)

        assert b"marketplace" not in leaf
        assert b"actor" not in leaf

    def test_says_null_where_audit_itself_is_the_source(self) -> None:
        leaf = leaf_of(headers_of(1), payload_sha256=DIGEST, src=None, recorded_at=AT)

        assert b'"src":null' in leaf

    @pytest.mark.parametrize("source", [None, "", "/sellerworks/", "/elsewhere/router", "router"])
    def test_refuses_a_source_that_is_no_service(self, source: str | None) -> None:
        with pytest.raises(NotALeaf):
            leaf_of(
                headers_of(1, ce_source=source), payload_sha256=DIGEST, src=SOURCE, recorded_at=AT
            )

    @pytest.mark.parametrize("sequence", [None, "", "0", "-1", "01", "1.0", "1e3", "٣", "9" * 16])
    def test_refuses_a_sequence_that_is_no_plain_number(self, sequence: str | None) -> None:
        headers = headers_of(1, ce_sequence=sequence)

        with pytest.raises(NotALeaf):
            leaf_of(headers, payload_sha256=DIGEST, src=SOURCE, recorded_at=AT)


class TestInstants:
    @pytest.mark.parametrize("milliseconds", [0, 1, 999, 1_795_309_323_601])
    def test_of_kafka_keep_each_millisecond(self, milliseconds: int) -> None:
        at = append_time(milliseconds)

        assert in_milliseconds(at).endswith(f".{milliseconds % 1000:03d}Z")

    def test_are_cut_not_rounded(self) -> None:
        assert in_milliseconds(AT) == "2026-11-22T01:02:03.601Z"
