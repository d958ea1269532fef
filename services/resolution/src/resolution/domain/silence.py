"""What the end of a window means: silence may end a case, and a resolved one is closed."""

from datetime import datetime

from contracts.lifecycle import CaseState
from contracts.lifecycle.appeals import open_appeals


def is_unanswered(state: CaseState, request: str) -> bool:
    """Say whether the case still waits for something of a request; an answer in time stops it."""
    return not state.has_ended and any(
        item.required and item.request == request for item in state.open_items.values()
    )


def may_close(state: CaseState, window_end: datetime) -> bool:
    """
    Say whether a resolved case is past its window: that of its last resolution, no earlier.

    Never while an appeal waits for its answer.
    """
    if state.status != "resolved" or state.reopen_until is None or open_appeals(state):
        return False
    return window_end >= state.reopen_until
