"""What differs between a paper and an account: field, expected, seen. Personal, so sealed whole."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Final

LONGEST: Final = 80
"""Characters of a value: one line of a letter."""
MOST: Final = 3
"""Differences in one letter; whoever differs in more is asked for another paper."""
PARTS: Final = ("field", "expected", "seen")

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Line breaks, and signs that nobody sees or that turn the writing round."""
_OF_MARKUP: Final = frozenset("{}<>*`[]|\\")
"""Signs that would make the value more than a value in a letter."""

DIFFERENCES: Final = "differences"
"""The parameter by which a letter says them."""

Say = Callable[[object], str | None]
"""Gives the words of a field, None if no letter compares it."""


def tell_differences(found: Sequence[object], say: Say) -> list[dict[str, str]] | None:
    """Say each field in words with both values; nothing if one is not as it should be."""
    told = [_tell(one, say) for one in found]
    fields = {one["field"] for one in told if one}
    if not 0 < len(told) <= MOST or len(fields) < len(told):
        return None
    return [one for one in told if one]


def hint(fields: Sequence[str]) -> str:
    """Say what is expected; never what was given."""
    return (
        f"at most {MOST} of {{field, expected, seen}}, each field once. Both values: one line of"
        f" plain words, at most {LONGEST} characters, not the same. Fields: {', '.join(fields)}."
    )


def _tell(one: object, say: Say) -> dict[str, str] | None:
    given = one if isinstance(one, Mapping) else {}
    field = say(given.get("field"))
    expected, seen = _value(given.get("expected")), _value(given.get("seen"))
    if set(given) != set(PARTS) or field is None or expected is None or seen is None:
        return None
    return None if expected == seen else {"field": field, "expected": expected, "seen": seen}


def _value(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    is_plain = not any(sign in _OF_MARKUP or unicodedata.category(sign) in _UNSEEN for sign in text)
    return text if is_plain and 0 < len(text) <= LONGEST else None
