"""RFC 8785 on both sides: what the servers sign and what the verifier compares is one spelling."""

import json
import struct

import httpx
import pytest
import rfc8785
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from audit_exports import leaf_and_body
from chassis.problems import Refusal
from chassis.strict_json import LARGEST_BODY, StrictJson
from verifier.canonical import LARGEST_INT, NotCanonical, NotJson, canonical, read_json
from verifier.leaf import NotALeaf, read_leaf

pytestmark = pytest.mark.fault(79)

# RFC 8785, appendix B: the bits of a double, and how it is spelt.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "3e7ad7f29abcaf48": "1e-7",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}
NO_NUMBERS = ["7fffffffffffffff", "7ff0000000000000"]
# RFC 8785 §3.2.3: by UTF-16 code units, so the emoji (D83D DE00) comes before U+FB33.
NAMES = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def double(bits: str) -> float:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    return float(value)


async def take(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(b"taken")(scope, receive, send)


async def refuse(scope: Scope, refusal: Refusal, send: Send) -> None:
    async def nothing() -> dict[str, str]:
        return {"type": "http.disconnect"}

    await Response(status_code=refusal.problem.status)(scope, nothing, send)


class TestASpelling:
    @pytest.mark.parametrize(("bits", "spelt"), NUMBERS.items())
    def test_of_a_number_is_that_of_the_appendix(self, bits: str, spelt: str) -> None:
        assert rfc8785.dumps(double(bits)) == spelt.encode()

    @pytest.mark.parametrize("bits", [*NUMBERS, *NO_NUMBERS])
    def test_of_a_double_is_not_needed_by_the_verifier(self, bits: str) -> None:
        """Nothing that is signed or hashed holds one, so it knows none: refused, never guessed."""
        with pytest.raises(NotCanonical):
            canonical(double(bits))

    @pytest.mark.parametrize("bits", NO_NUMBERS)
    def test_does_not_exist_for_what_is_no_number(self, bits: str) -> None:
        with pytest.raises(rfc8785.FloatDomainError):
            rfc8785.dumps(double(bits))

    def test_sorts_names_by_utf_16_on_both_sides(self) -> None:
        backwards = dict.fromkeys(reversed(NAMES), 1)

        assert list(json.loads(rfc8785.dumps(backwards))) == NAMES
        assert canonical(backwards) == rfc8785.dumps(backwards)

    @pytest.mark.parametrize("value", [LARGEST_INT, -LARGEST_INT, 0])
    def test_of_an_integer_is_one_on_both_sides(self, value: int) -> None:
        assert canonical([value]) == rfc8785.dumps([value]) == f"[{value}]".encode()

    @pytest.mark.parametrize("value", [LARGEST_INT + 1, -LARGEST_INT - 1])
    def test_of_a_larger_integer_exists_on_neither_side(self, value: int) -> None:
        with pytest.raises(NotCanonical):
            canonical(value)
        with pytest.raises(rfc8785.IntegerDomainError):
            rfc8785.dumps(value)

    @pytest.mark.parametrize("spelt", [b"-0", b"1e21", b"1e-7", b"1.0", b"01", b"9007199254740992"])
    def test_of_a_leaf_has_no_other(self, spelt: bytes) -> None:
        leaf = leaf_and_body(0)[0]
        assert b'"sequence":1,' in leaf

        with pytest.raises(NotALeaf):
            read_leaf(leaf.replace(b'"sequence":1,', b'"sequence":' + spelt + b","))

    @pytest.mark.parametrize("text", [b"1e999", b"-1e999"])
    def test_is_not_read_from_what_is_infinite(self, text: bytes) -> None:
        with pytest.raises((NotJson, NotCanonical)):
            canonical(read_json(text))


class TestTheDoor:
    @pytest.mark.parametrize(
        ("number", "status"),
        [(LARGEST_INT, 200), (LARGEST_INT + 1, 422), (-LARGEST_INT - 1, 422), (10**30, 422)],
    )
    async def test_refuses_an_integer_that_has_no_spelling(self, number: int, status: int) -> None:
        """Where it comes in, while somebody is there to be told; the log never meets it."""
        app = StrictJson(take, answer=refuse, limit=lambda _: LARGEST_BODY)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://door.test") as client:
            answer = await client.post("/", json={"facts": [{"x": number}]})

        assert answer.status_code == status
