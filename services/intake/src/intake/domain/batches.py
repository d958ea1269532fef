"""In which order the cases of a batch are filed."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

CHUNK: Final = 50
"""Cases in a transaction: large enough to be quick, small enough that nobody waits for it."""

Entry = TypeVar("Entry")


def chunks(entries: Iterable[tuple[Hashable, Entry]]) -> Iterator[Sequence[Entry]]:
    """
    Part entries (subject, entry) into chunks of which none holds a subject twice.

    The second filing on a subject is a contact on the case of the first, which has to be there:
    so it comes in a later round. None is no subject: such entries never wait for each other.
    """
    seen: Counter[Hashable] = Counter()
    rounds: list[list[Entry]] = []
    for subject, entry in entries:
        place = 0 if subject is None else seen[subject]
        seen[subject] += 1
        if place == len(rounds) or not rounds:
            rounds.append([])
        rounds[place].append(entry)
    for one in rounds:
        yield from (one[start : start + CHUNK] for start in range(0, len(one), CHUNK))
