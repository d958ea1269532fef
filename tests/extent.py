"""How far a fault test goes: the short figure in `make test`, the full one in the long runs."""

import os
from typing import Final, TypeVar

FIGURE = TypeVar("FIGURE", int, float)

# Set by `make faults FULL=1` and by the soak.
FULL: Final = os.environ.get("SELLERWORKS_TESTS") == "full"


def short_or_full(short: FIGURE, full: FIGURE) -> FIGURE:
    """Choose between the two figures that a fault test is written with, `short|full`."""
    return full if FULL else short
