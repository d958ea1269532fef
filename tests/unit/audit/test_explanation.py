"""What an explanation says of a case, and what it never shows."""

import pytest
from hypothesis import given, strategies as st

from audit.domain.explanation import explain, masked, without_sealed
from builders_contracts import E1

SEALED = {"sealed": "x", "key": "key_1", "class": "narrative", "commitment": "y"}


class TestExplain:
    @pytest.mark.covers("AU-2")
    def test_names_who_changed_the_status(self) -> None:
        told = explain(enumerate(E1))

        assert [(one.before, one.status, one.noted.idx) for one in told.statuses][:3] == [
            (None, "opened", 0),
            ("opened", "queued", 2),
            ("queued", "waiting_seller", 3),
        ]
        assert told.state is not None
        assert told.state.status == "resolved"

    def test_notes_what_came_before_the_case_and_folds_from_there(self) -> None:
        opened, _classified, routed = E1[:3]

        told = explain(enumerate([routed, opened]))

        assert [one.type for one in told.rules] == ["case.routed.v1"]
        assert [one.status for one in told.statuses] == ["opened"]

    def test_of_nothing_says_nothing(self) -> None:
        assert explain([]).state is None


class TestWithoutSealed:
    def test_leaves_them_out_wherever_they_stand(self) -> None:
        said = {"a": 1, "note": SEALED, "in": {"b": SEALED, "c": [SEALED, {"d": SEALED, "e": 2}]}}

        assert without_sealed(said) == {"a": 1, "in": {"c": [{"e": 2}]}}


class TestMasked:
    def test_shows_the_sealed_value_to_who_is_cleared(self) -> None:
        said = {"a": [SEALED, 1], "b": {"c": SEALED}}

        assert masked(said, cleared=frozenset({"narrative"})) == said

    @given(
        st.recursive(
            st.just(SEALED) | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
        )
    )
    def test_hides_it_from_everybody_else(self, said: object) -> None:
        assert "commitment" not in str(masked(said, cleared=frozenset({"contact"})))
