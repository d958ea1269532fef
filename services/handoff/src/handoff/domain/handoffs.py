"""A handoff, and what a reply does to it: `requested → accepted → completed`, or back."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from contracts.lifecycle.way import Freeze


class State(Enum):
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    RETURNED = "returned"
    LAPSED = "lapsed"
    RECALLED = "recalled"

    @property
    def is_open(self) -> bool:
        return self in {State.REQUESTED, State.ACCEPTED}


class ReplyKind(Enum):
    """What a team may answer."""

    ACCEPTED = "accepted"
    PROGRESSED = "progressed"
    COMPLETED = "completed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """A case, offered to a team. The reply token is kept as its hash only."""

    handoff: str
    marketplace: str
    case_id: str
    team: str
    contract: str
    digest: str
    party: str
    blocking: bool
    state: State
    attempt: int
    hop: int
    payload: dict[str, Any]
    payload_sha256: str
    token_hash: bytes = field(repr=False)
    requested_by: str
    requested_at: datetime
    accept_by: datetime
    due_by: datetime
    ended_at: datetime | None = None
    result: dict[str, Any] | None = None
    reason: str | None = None
    path: str | None = None
    suggest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a team says, whichever way it came. Its contract was checked before."""

    kind: ReplyKind
    result: dict[str, Any] | None = None
    reason: str | None = None
    path: str | None = None
    suggest: str | None = None


class HandoffNotFound(Exception):
    """There is no such handoff, or it is not for the caller to know of."""


class RoutingIsFrozen(Exception):
    """The case went to and fro: nobody hands it on before the arbiter has decided."""

    def __init__(self, freeze: Freeze) -> None:
        super().__init__(freeze.reason)
        self.public = {"arbiter": freeze.arbiter, "arbiter_role": freeze.arbiter_role}


class ReplyNotAllowed(Exception):
    """The handoff's state forbids this reply."""

    def __init__(self, state: State) -> None:
        super().__init__(state.value)
        self.state = state
        self.public = {"state": state.value}


_STEPS: dict[tuple[State, ReplyKind], tuple[State, ...]] = {
    (State.REQUESTED, ReplyKind.ACCEPTED): (State.ACCEPTED,),
    (State.REQUESTED, ReplyKind.RETURNED): (State.RETURNED,),
    # A completion that comes first says both, in order.
    (State.REQUESTED, ReplyKind.COMPLETED): (State.ACCEPTED, State.COMPLETED),
    (State.ACCEPTED, ReplyKind.RETURNED): (State.RETURNED,),
    (State.ACCEPTED, ReplyKind.COMPLETED): (State.COMPLETED,),
    (State.ACCEPTED, ReplyKind.PROGRESSED): (State.ACCEPTED,),
    # The same reply again changes nothing.
    (State.ACCEPTED, ReplyKind.ACCEPTED): (),
    (State.COMPLETED, ReplyKind.COMPLETED): (),
    (State.RETURNED, ReplyKind.RETURNED): (),
}


def decide_reply(handoff: Handoff, reply: Reply) -> tuple[State, ...]:
    """
    Say which states a reply leads through: none if it was said before, two if one is implied.

    Raises:
        ReplyNotAllowed: The state forbids it, or it contradicts what was said before.
    """
    steps = _STEPS.get((handoff.state, reply.kind))
    if steps is None or (not steps and not _says_the_same(handoff, reply)):
        raise ReplyNotAllowed(handoff.state)
    return steps


def _says_the_same(handoff: Handoff, reply: Reply) -> bool:
    match reply.kind:
        case ReplyKind.COMPLETED:
            return handoff.result == reply.result
        case ReplyKind.RETURNED:
            return handoff.reason == reply.reason
        case ReplyKind.ACCEPTED | ReplyKind.PROGRESSED:
            return True


def count_hops(team: str, earlier: tuple[Handoff, ...]) -> tuple[int, int]:
    """Return (attempt, hop): offers to this team so far, and teams the case has seen, plus one."""
    attempts = sum(1 for handoff in earlier if handoff.team == team)
    return attempts + 1, len(earlier) + 1
