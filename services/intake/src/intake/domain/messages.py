"""What a seller adds to its case while that is open."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.cases import SellerMessageReceived
from contracts.lifecycle import CaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class HearMessage:
    """A message has come: its words and restricted facts are sealed."""

    case: str
    heard: SellerMessageReceived


class CaseTakesNoMessage(Exception):
    """The case has ended."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.public = {"case_status": status, "allowed": []}


def not_open(state: CaseState, facts: Iterable[str]) -> tuple[str, ...]:
    """Name those facts that nobody waits for: a message brings what the filing put off."""
    wanted = {one.fact for one in state.open_facts}
    return tuple(name for name in facts if name not in wanted)
