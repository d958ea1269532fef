"""Which share of a profile's CPU time some functions and libraries have."""

from collections.abc import Sequence
from typing import Any

_CLIENT = ("httpx", "h11", "anyio", "sniffio", "cookiejar", "benchmarks/", "story/", "importlib")

Called = Sequence[tuple[str, str]]
"""Plain functions by (end of file, name), with all that they call."""


def share_of(told: dict[str, Any], functions: Called, libraries: Sequence[str] = ()) -> float:
    """Return the share (0 to 1) of functions with all they call, and of libraries' own time."""
    ours = [one for one in told["functions"] if not _is_apart(one)]
    called = sum(
        one["all"]
        for one in ours
        for file, name in functions
        if one["file"].endswith(file) and one["name"] == name
    )
    own = sum(
        one["own"]
        for one in ours
        if any(part in one["file"] or part in one["name"] for part in libraries)
    )
    return float(called + own) / float(sum(one["own"] for one in ours))


def _is_apart(one: dict[str, Any]) -> bool:
    """Tell what is no part of the work: waiting, and whoever asks."""
    return "poll" in one["name"] or any(part in one["file"] for part in _CLIENT)
