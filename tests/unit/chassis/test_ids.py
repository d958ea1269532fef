"""Ids."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from chassis import ids

NOON = datetime(2026, 11, 22, 12, 0, 0, 123_000, tzinfo=UTC)


class TestNewId:
    def test_carries_its_time(self) -> None:
        assert ids.created_at(ids.new_id("case", NOON)) == NOON

    def test_is_a_uuid_of_version_7(self) -> None:
        made = ids.uuid7(NOON)

        assert (made.version, made.variant) == (7, "specified in RFC 4122")

    def test_sorts_by_time(self) -> None:
        earlier, later = ids.new_id("case", NOON), ids.new_id("case", NOON + timedelta(seconds=1))

        assert earlier < later

    def test_is_never_the_same(self) -> None:
        assert len({ids.new_id("case", NOON) for _ in range(1000)}) == 1000


class TestToUuid:
    @given(st.uuids())
    def test_reads_what_was_written(self, value: UUID) -> None:
        assert ids.to_uuid(ids.from_uuid("case", value)) == value

    def test_agrees_with_the_specification(self) -> None:
        """The vector of the TypeID specification."""
        value = UUID("01890a5d-ac96-774b-bcce-b302099a8057")

        assert ids.from_uuid("prefix", value) == "prefix_01h455vb4pex5vsknk084sn02q"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "case",
            "_01h455vb4pex5vsknk084sn02q",
            "case_",
            "case_01h455vb4pex5vsknk084sn02",
            "case_81h455vb4pex5vsknk084sn02q",
            "case_01H455VB4PEX5VSKNK084SN02Q",
            "case_01h455vb4pex5vsknk084sn0lq",
            "mem_01h455vb4pex5vsknk084sn02q",
        ],
    )
    def test_refuses(self, text: str) -> None:
        with pytest.raises(ids.NotAnId):
            ids.to_uuid(text, prefix="case")


class TestDerivedId:
    def test_is_the_same_for_the_same_parts(self) -> None:
        assert ids.derived_id("evd", "a", "b") == ids.derived_id("evd", "a", "b")

    def test_does_not_collide_where_joined_text_would(self) -> None:
        assert ids.derived_id("evd", "a", "b/c") != ids.derived_id("evd", "a/b", "c")
