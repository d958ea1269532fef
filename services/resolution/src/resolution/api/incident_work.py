"""One thing done for every case of an incident: each by itself, each once under one key."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pydantic import Field

from chassis import door, http, idempotency, positions, views
from chassis.attempt import attempt
from chassis.door import Tx
from chassis.http.cases import journey
from chassis.idempotency import Claim, Stored
from chassis.problems import (
    CaseOnHold,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    NotAllowedNow,
    Refusal,
    find_problem,
)
from chassis.strict_json import BODY
from contracts.lifecycle import CaseState
from playbook.next_action import ENDED
from resolution.api.problems import PROBLEMS
from resolution.handlers.decide_case import DecisionIncomplete
from resolution.handlers.letters_in_force import LetterInvalidated
from resolution.handlers.step_up import StepUpNeeded

CHUNK: Final = 50
"""Cases in a transaction: large enough to be quick, small enough that nobody waits for it."""
_MADE: Final = 201
_REFUSING: Final = (Refusal, DecisionIncomplete, LetterInvalidated, StepUpNeeded)

Work: TypeAlias = Callable[[Tx, CaseState], Awaitable[str]]
"""Does it for one case; returns the id of what was made."""


class IncidentError(http.ResponseModel):
    """What is wrong where."""

    pointer: str = Field(description="JSON pointer into the request, or to what the case lacks.")
    code: str = Field(description="What kind of error.")
    detail: str = Field(description="What to do.")


class ChildResult(http.ResponseModel):
    """What became of one case."""

    case: str = Field(description="The case.")
    state: str = Field(description="done, parked, ended or refused.")
    made: str | None = Field(default=None, description="The letter or the decision, once done.")
    code: str | None = Field(default=None, description="The problem, if it was not done.")
    errors: list[IncidentError] = Field(default=[], description="What is wrong where.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Who does it, for which cases, under which key: key and case make the key of each."""

    call: http.Call
    marketplace: str
    key: str
    cases: Sequence[str]


async def each(incident: Incident, work: Work) -> list[ChildResult]:
    """
    Do it for each case, in chunks: a request that was cut off goes on under its key.

    What was done under the key is not done again. A case that is parked here, has ended or is
    refused is named, and gets its turn when the request comes again.

    Raises:
        IdempotencyKeyReused: The key came with another body.
        IdempotencyInFlight: The same request is on its way, and is not done yet.
    """
    results: list[ChildResult] = []
    for start in range(0, len(incident.cases), CHUNK):
        results += await _chunk(incident, incident.cases[start : start + CHUNK], work)
    return results


async def _chunk(incident: Incident, cases: Sequence[str], work: Work) -> list[ChildResult]:
    results: list[ChildResult] = []
    desk = incident.call.desk

    async def inside(tx: Tx) -> None:
        results.clear()
        await views.lock_many(tx, cases)
        results.extend([await _one(tx, incident, case, work) for case in cases])

    await door.run(desk.engine, inside, pen=desk.pen, journey=journey(incident.call))
    return results


async def _one(tx: Tx, incident: Incident, case: str, work: Work) -> ChildResult:
    try:
        async with attempt(tx):
            return await _once(tx, incident, case, work)
    except (IdempotencyKeyReused, IdempotencyInFlight):
        raise
    except _REFUSING as error:
        return _refused(case, error)


async def _once(tx: Tx, incident: Incident, case: str, work: Work) -> ChildResult:
    """Do it, or say what was said when it was done before."""
    claim = _claim(incident, case)
    if given := await idempotency.claim(tx, claim):
        return ChildResult.model_validate_json(given.body)
    if await positions.is_held(tx.connection, case, incident.call.desk.reader):
        raise CaseOnHold
    done = ChildResult(case=case, state="done", made=await work(tx, tx.views[case].state))
    answer = Stored(status=_MADE, body=done.model_dump_json().encode(), headers={})
    await idempotency.store(tx, claim, answer)
    return done


def _claim(incident: Incident, case: str) -> Claim:
    call = incident.call
    route = f"{call.request.method} {call.request.url.path}"
    return Claim(
        marketplace=incident.marketplace,
        principal=call.principal.pseudonym,
        route=route,
        key=f"{incident.key}/{case}",
        fingerprint=idempotency.fingerprint(call.desk.tag_key, route, call.request.scope.get(BODY)),
    )


def _refused(case: str, error: Exception) -> ChildResult:
    problem = find_problem(error, PROBLEMS)
    return ChildResult(
        case=case,
        state=_state(error),
        code=problem.slug if problem else None,
        errors=list(_errors(error)),
    )


def _state(error: Exception) -> str:
    if isinstance(error, CaseOnHold):
        return "parked"
    ended = isinstance(error, NotAllowedNow) and error.public["case_status"] in ENDED
    return "ended" if ended else "refused"


def _errors(error: Exception) -> Iterator[IncidentError]:
    for one in getattr(error, "errors", ()):
        yield IncidentError(pointer=one.pointer, code=one.code, detail=one.detail)
