"""A chunk of a batch goes through the door: one transaction, a result for each case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from chassis import door, http, idempotency, positions, views
from chassis.door import Tx
from chassis.http.cases import journey
from chassis.idempotency import Claim, Stored
from chassis.outbox import LARGEST_PAYLOAD
from chassis.problems import CaseOnHold, TooLarge, Unavailable
from chassis.strict_json import BODY
from intake.api.batch_results import BatchResult, refused
from intake.api.bodies import posted
from intake.api.cases import LOOKS, WAS_FASTER, questions_of
from intake.api.filing import Filing, Prepared, prepare
from intake.domain.filing import AlreadyFiled, FileCase, NoteContact
from intake.domain.incidents import NoIncident
from intake.handlers.file_case import file_case
from intake.handlers.note_contact import note_contact

_ROUTE = "POST /v1/case-batches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Who files, under which key: that and its place make the key of each case."""

    call: http.Call
    marketplace: str
    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, call: http.Call, *, marketplace: str, key: str) -> Self:
        """Note who files what, once: all of the batch makes the same request."""
        body = call.request.scope.get(BODY)
        whole = idempotency.fingerprint(call.desk.tag_key, _ROUTE, body)
        return cls(call=call, marketplace=marketplace, key=key, fingerprint=whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A case of a batch that the playbook has nothing against."""

    index: int
    filing: Filing

    @property
    def subject(self) -> tuple[str, str, str] | None:
        """What a repeated contact would be about."""
        body, identity = self.filing.body, self.filing.facts.identity
        return None if identity is None else (body.seller.ref, body.issue_type, identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What became of a chunk; `replayed` when all of it had been answered before."""

    results: list[BatchResult]
    replayed: bool


async def file_chunk(batch: Batch, chunk: Sequence[Entry]) -> Filed:
    """
    File a chunk: all of it is on file afterwards, or none of it.

    Raises:
        VaultUnavailable: A seller is new and there is no spare key.
        IdempotencyKeyReused: The key came with another batch.
        Unavailable: Others file the same subjects faster than this can look.
    """
    desk = batch.call.desk
    for _look in range(LOOKS):
        prepared = [
            (one, await prepare(one.filing, engine=desk.engine, tag_key=desk.tag_key))
            for one in chunk
        ]
        try:
            return await _through_the_door(batch, prepared)
        except WAS_FASTER:
            continue  # the next look sees what they did
    raise Unavailable


async def _through_the_door(batch: Batch, prepared: Sequence[tuple[Entry, Prepared]]) -> Filed:
    results: list[BatchResult] = []
    new: list[int] = []

    async def inside(tx: Tx) -> None:
        results.clear()
        new.clear()
        await views.lock_many(tx, _cases_of(prepared))
        for entry, ready in prepared:
            results.append(await _once(batch, entry, ready, tx, new))

    call = batch.call
    await door.run(call.desk.engine, inside, pen=call.desk.pen, journey=journey(call))
    return Filed(results=results, replayed=not new)


def _cases_of(prepared: Sequence[tuple[Entry, Prepared]]) -> set[str]:
    """Name the cases that a chunk locks: at once, since locks are taken in the order of ids."""
    named = (
        ready.opened.parent if isinstance(ready, FileCase) else ready.case for _, ready in prepared
    )
    return {case for case in named if case is not None}


async def _once(batch: Batch, entry: Entry, ready: Prepared, tx: Tx, new: list[int]) -> BatchResult:
    """File a case, which is noted as new, or say what was answered when it came before."""
    claim = _claim(batch, entry)
    if given := await idempotency.claim(tx, claim):
        return BatchResult.model_validate_json(given.body)
    new.append(entry.index)
    if isinstance(ready, NoteContact) and await _is_held(batch, ready.case, tx):
        await idempotency.give_back(tx, claim)  # sent again, it is looked at again
        return refused(entry.index, CaseOnHold())
    result = await _judged(entry, ready, tx)
    answer = Stored(status=result.status, body=result.model_dump_json().encode(), headers={})
    await idempotency.store(tx, claim, answer)
    return result


async def _is_held(batch: Batch, case: str, tx: Tx) -> bool:
    """Say whether the case of a contact is parked here, as any other door would."""
    return await positions.is_held(tx.connection, case, batch.call.desk.reader)


async def _judged(entry: Entry, ready: Prepared, tx: Tx) -> BatchResult:
    """File a case, or refuse it by itself: each of these is found before anything is written."""
    if _size(ready) > LARGEST_PAYLOAD:
        return refused(entry.index, TooLarge())
    try:
        return await _file(entry, ready, tx)
    except AlreadyFiled as error:
        return refused(entry.index, error, existing=error.existing)
    except NoIncident as error:
        return refused(entry.index, error)


def _size(ready: Prepared) -> int:
    fact = ready.opened if isinstance(ready, FileCase) else ready.heard
    return len(fact.model_dump_json(by_alias=True, exclude_none=True).encode())


async def _file(entry: Entry, ready: Prepared, tx: Tx) -> BatchResult:
    if isinstance(ready, FileCase):
        case = await file_case(tx, ready)
        asked = questions_of(ready.opened, entry.filing)
        shown = posted(case, merged=False, questions=asked)
        return BatchResult(index=entry.index, status=201, case=shown)
    case = await note_contact(tx, ready)
    return BatchResult(index=entry.index, status=200, case=posted(case, merged=True))


def _claim(batch: Batch, entry: Entry) -> Claim:
    call = batch.call
    return Claim(
        marketplace=batch.marketplace,
        principal=call.principal.pseudonym,
        route=_ROUTE,
        key=f"{batch.key}/{entry.index}",
        fingerprint=batch.fingerprint,
    )
