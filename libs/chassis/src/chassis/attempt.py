"""A part of a transaction that may fail by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.door import Tx


@asynccontextmanager
async def attempt(tx: Tx) -> AsyncIterator[None]:
    """
    Do one of many things in a transaction: whatever raises leaves nothing of itself.

    Its rows go back to a savepoint, and what it announced is not said. The error goes on: whoever
    catches it goes on with the next.
    """
    kept = [(one, len(one)) for one in (tx.outgoing, tx.before_commit, tx.after_commit)]
    changed = {case: view.changed for case, view in tx.views.items()}
    is_done = False
    try:
        async with tx.connection.begin_nested():
            yield
        is_done = True
    finally:
        if not is_done:
            for said, length in kept:
                del said[length:]
            for case, view in tx.views.items():
                view.changed = changed.get(case, False)
