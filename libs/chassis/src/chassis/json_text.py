"""JSON texts read strictly: whatever two readers could take differently is refused."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

DEEPEST = 32
LARGEST_INTEGER = 2**53 - 1
_LONGEST_NUMBER = 64
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class NotJson(Exception):
    """The text is not JSON as we take it. `reason` is ours, never a piece of the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value, and where it holds integers that no double carries exactly."""

    value: Any
    too_large: tuple[str, ...]


def parse(raw: bytes) -> Parsed:
    """
    Read one JSON text (RFC 8259, narrowed to I-JSON, RFC 7493).

    Raises:
        NotJson: Not UTF-8, a byte order mark, not JSON, NaN or Infinity, a number out of range, a
            repeated key, NUL or a lone surrogate in a string, deeper than 32.
    """
    value = _decode(_text(raw))
    too_large = tuple(_check(value, escapes=b"\\u" in raw))
    return Parsed(value, too_large)


def _text(raw: bytes) -> str:
    if raw.startswith(_BYTE_ORDER_MARK):
        raise NotJson("it starts with a byte order mark")
    try:
        return raw.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise NotJson("it is not UTF-8") from error


def _decode(text: str) -> Any:  # noqa: ANN401 - a JSON value can be anything
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise NotJson(f"it is not JSON, at character {error.pos}") from error
    except RecursionError as error:
        raise NotJson("it is nested too deeply") from error


def _refuse_constant(_name: str) -> NoReturn:
    raise NotJson("NaN and Infinity are no JSON")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise NotJson("a number is too long")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJson("a number is out of range")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise NotJson("an object repeats a key")
    return members


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant,
    parse_int=_integer,
    parse_float=_real,
    object_pairs_hook=_object,
)


def _check(value: Any, *, escapes: bool) -> Iterator[str]:  # noqa: ANN401 - as above
    """Walk without recursion; name the integers beyond 2^53. Strings only hide behind escapes."""
    waiting = [("", value, 1)]
    while waiting:
        pointer, current, depth = waiting.pop()
        if isinstance(current, str):
            _check_string(current, escapes=escapes)
        elif isinstance(current, dict | list):
            waiting.extend(_children(pointer, current, depth, escapes=escapes))
        elif isinstance(current, int) and abs(current) > LARGEST_INTEGER:
            yield pointer


def _children(
    pointer: str, parent: dict[str, Any] | list[Any], depth: int, *, escapes: bool
) -> Iterator[tuple[str, Any, int]]:
    if depth > DEEPEST:
        raise NotJson("it is nested too deeply")
    if isinstance(parent, list):
        yield from ((f"{pointer}/{i}", child, depth + 1) for i, child in enumerate(parent))
        return
    for key, child in parent.items():
        _check_string(key, escapes=escapes)
        yield f"{pointer}/{pointer_token(key)}", child, depth + 1


def _check_string(text: str, *, escapes: bool) -> None:
    if not escapes:  # raw NUL is refused by the decoder, raw surrogates are not UTF-8
        return
    if "\x00" in text:
        raise NotJson("a string holds NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotJson("a string holds half a character") from error


def pointer_token(key: str) -> str:
    """Escape one step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
