"""Canonical JSON (RFC 8785) and the strict reader: the verifier's own, shared with nobody."""

import json
import re
from typing import NoReturn

LARGEST_INT = 2**53 - 1
_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f]')


class NotCanonical(Exception):
    """The value has no canonical form here: a float, a huge integer, a lone surrogate."""


class NotJson(Exception):
    """The bytes are no JSON that everybody reads alike (say, a key twice)."""


def canonical(value: object) -> bytes:
    """
    Return the RFC 8785 bytes of a JSON value without floats.

    Nothing that SellerWorks hashes or signs holds a float, so their long-winded number format
    is left out on purpose: less to trust.
    """
    try:
        return _text(value).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("a string holds half a character (lone surrogate)") from error
    except RecursionError as error:
        raise NotCanonical("it is nested too deeply") from error


def _text(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, str):
        return _string(value)
    return _container(value)


def _integer(value: int) -> str:
    if abs(value) > LARGEST_INT:
        raise NotCanonical("an integer is larger than 2^53 - 1")
    return str(value)


def _string(value: str) -> str:
    return f'"{_TO_ESCAPE.sub(_escaped, value)}"'


def _escaped(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _container(value: object) -> str:
    if isinstance(value, list):
        return "[" + ",".join(_text(item) for item in value) + "]"
    if isinstance(value, dict):
        # Members sort by their UTF-16 code units (RFC 8785, 3.2.3), not by code points.
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_string(name)}:{_text(value[name])}" for name in names) + "}"
    raise NotCanonical(f"a {type(value).__name__} has no canonical form here")


def read_json(raw: bytes) -> object:
    """Read JSON strictly: UTF-8, no key twice, no NaN. Raises `NotJson`."""
    try:
        return json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"not readable as JSON ({type(error).__name__})") from error


def read_object(raw: bytes) -> dict[str, object]:
    value = read_json(raw)
    if not isinstance(value, dict):
        raise NotJson("not a JSON object")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
