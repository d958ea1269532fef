import json

import pytest
from hypothesis import given, settings, strategies as st

from chassis.json_text import DEEPEST, NotJson, parse

# Written as pieces of text, not as values: most of what matters has no value to write down.
_LEAVES = st.sampled_from(
    [
        *("null", "true", "0", "-0", "1.5", "1e308", "1e999", "-1e999", "01", "-", "+1", ".5"),
        *("NaN", "Infinity", "-Infinity", "9007199254740991", "9007199254740992", "9" * 5000),
        *('""', '"a"', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\x00"'),
        *(
            '"\t"',
            "'a'",
            '"\\x"',
            '"',
            "\ufeff1",
            "[" * 40,
            "[" * 31 + "]" * 31,
            "{" * 3000,
            "",
            "é",
        ),
    ]
) | st.text(max_size=6).map(json.dumps)
_KEYS = st.sampled_from(["a", "a", "b", "\\u0061", "\\ud800", "\\u0000", ""])
_MEMBERS = st.lists(st.tuples(_KEYS, _LEAVES), max_size=3)
_LISTS = st.lists(_LEAVES, max_size=4).map(lambda leaves: f"[{','.join(leaves)}]")
_OBJECTS = _MEMBERS.map(lambda pairs: "{" + ",".join(f'"{k}":{v}' for k, v in pairs) + "}")
_TEXTS = st.builds(
    lambda text, depth: ("[" * depth + text + "]" * depth).encode("utf-8", "surrogatepass"),
    _LEAVES | _LISTS | _OBJECTS,
    st.sampled_from([0, 0, 1, 30, 31, 32, 33, 400]),
) | st.binary(max_size=16)


class TestParse:
    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(b'{"a": "\\u0000"}', id="NUL"),
            pytest.param(b'{"\\u0000": 1}', id="NUL in a key"),
            pytest.param(b'{"a": "\x00"}', id="raw NUL"),
            pytest.param(b'{"a": "\\ud800"}', id="lone surrogate"),
            pytest.param(b'{"a": "\xed\xa0\x80"}', id="raw lone surrogate"),
            pytest.param(b"NaN", id="NaN"),
            pytest.param(b'{"a": [-Infinity]}', id="infinity"),
            pytest.param(b'{"a": 1e999}', id="out of range"),
            pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="5,000 digits"),
            pytest.param(b'{"a": 1, "a": 2}', id="a key twice"),
            pytest.param(b'{"a": {"b": 1, "\\u0062": 2}}', id="a key twice, escaped"),
            pytest.param(b'\xef\xbb\xbf{"a": 1}', id="byte order mark"),
            pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
            pytest.param('{"a": 1}'.encode("utf-16-le"), id="UTF-16 without its mark"),
            pytest.param(b"\xff", id="not UTF-8"),
            pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100,000 deep"),
            pytest.param(b"[" * 33 + b"]" * 33, id="33 deep"),
            pytest.param(b'{"a": 1', id="cut off"),
            pytest.param(b" ", id="nothing"),
        ],
    )
    def test_refuses(self, raw: bytes) -> None:
        with pytest.raises(NotJson):
            parse(raw)

    def test_takes_what_is_just_deep_enough(self) -> None:
        parsed = parse(b"[" * DEEPEST + b"]" * DEEPEST)

        assert parsed.too_large == ()

    def test_takes_a_pair_of_surrogates(self) -> None:
        parsed = parse(b'{"a": "\\ud83d\\ude00"}')

        assert parsed.value == {"a": "\U0001f600"}

    def test_points_at_integers_that_no_double_holds(self) -> None:
        parsed = parse(b'{"a/b": [1, 9007199254740992], "c": 9007199254740991}')

        assert parsed.too_large == ("/a~1b/1",)

    @given(texts=st.lists(_TEXTS, min_size=20, max_size=20))
    @settings(max_examples=500, derandomize=True, deadline=None, database=None)
    def test_raises_nothing_but_its_own_error_on_10_000_texts(self, texts: list[bytes]) -> None:
        for raw in texts:
            assert outcome(raw) in {"refused", "the same as any reader"}


def outcome(raw: bytes) -> str:
    try:
        parsed = parse(raw)
    except NotJson as error:
        return "refused" if error.reason else "refused without a reason"
    return "the same as any reader" if parsed.value == json.loads(raw) else "read differently"
