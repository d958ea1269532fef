"""The verifier's own RFC 8785, against the RFC's examples and another implementation."""

import json

import pytest
import rfc8785
from hypothesis import given, settings, strategies as st

from verifier.canonical import NotCanonical, NotJson, canonical, read_json, read_object
from verifier.encoding import NotBase64, from_base64, to_base64

INTS = st.integers(-(2**53) + 1, 2**53 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | INTS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class TestCanonical:
    def test_sorts_members_as_the_rfc_does(self) -> None:
        """RFC 8785 §3.2.3: by UTF-16 code units, so the emoji stands before U+FB33."""
        names = {
            "\u20ac": "Euro Sign",
            "\r": "Carriage Return",
            "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One",
            "\U0001f600": "Emoji: Grinning Face",
            "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis",
        }

        order = list(json.loads(canonical(names)).values())

        assert order == [
            "Carriage Return",
            "One",
            "Control",
            "Latin Small Letter O With Diaeresis",
            "Euro Sign",
            "Emoji: Grinning Face",
            "Hebrew Letter Dalet With Dagesh",
        ]

    def test_spells_strings_as_the_rfc_does(self) -> None:
        """RFC 8785 §3.2.2.2, the example's string and literals."""
        value = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "l": [None, True, False]}

        assert canonical(value) == (
            b'{"l":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        )

    @settings(derandomize=True, deadline=None, max_examples=300)
    @given(JSON)
    def test_agrees_with_another_implementation(self, value: object) -> None:
        expected = rfc8785.dumps(value)  # type: ignore[arg-type]  # JSON by its strategy

        assert canonical(value) == expected

    @pytest.mark.parametrize("value", [2**53, -(2**53), 1.5, "\ud800", {"a": [1.0]}, b"raw"])
    def test_refuses_what_has_no_one_form(self, value: object) -> None:
        with pytest.raises(NotCanonical):
            canonical(value)


class TestTheStrictReader:
    @pytest.mark.parametrize(
        "raw", [b"", b"{", b'{"a":1,"a":2}', b"NaN", b"[Infinity]", b'"\xff"', b"[" * 200_000]
    )
    def test_refuses_what_readers_disagree_about(self, raw: bytes) -> None:
        with pytest.raises(NotJson):
            read_json(raw)

    def test_wants_an_object_where_one_belongs(self) -> None:
        with pytest.raises(NotJson):
            read_object(b"[]")


class TestBase64:
    @settings(derandomize=True, deadline=None)
    @given(st.binary())
    def test_comes_back(self, raw: bytes) -> None:
        assert from_base64(to_base64(raw)) == raw

    @pytest.mark.parametrize("text", ["AB==", "AA", "AA=", "A A=", "AA==\n", "-_==", "é", None, 7])
    def test_has_one_spelling(self, text: object) -> None:
        with pytest.raises(NotBase64):
            from_base64(text)
