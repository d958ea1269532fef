"""Several decisions in one letter: each question with what was decided, and why."""

from collections.abc import Callable, Mapping, Sequence

Say = Callable[[object], str | None]
"""Gives the words of a code, None if it has none."""


def tell_answers(decided: Sequence[object], say: Say) -> list[dict[str, str]] | None:
    """Say each question with its outcome and its reasons; nothing if any has no words."""
    told = [_tell(one, say) for one in decided]
    return [one for one in told if one] if told and all(told) else None


def _tell(one: object, say: Say) -> dict[str, str] | None:
    given = one if isinstance(one, Mapping) else {}
    reasons = [say(code) for code in given.get("reasons") or ()]
    said = [say(given.get("question")), say(given.get("outcome")), *reasons]
    words = [word for word in said if word]
    if not reasons or len(words) < len(said):
        return None
    question, outcome, *why = words
    return {"question": question, "outcome": outcome, "reasons": " ".join(why)}
