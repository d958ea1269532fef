"""A chunk of a batch goes through the door: one transaction, a result for each case."""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from intake.api.chunk_mates import Mates
from intake.api.filing import Filing, Prepared, prepare
from intake.domain.filing import AlreadyFiled, FileCase, NoteContact, without
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


@dataclass(slots=True)
class Progress:
    """How far a chunk has come in its transaction, which may begin anew."""

    new: list[int] = field(default_factory=list)
    filed: set[str] = field(default_factory=set)
    prepared: frozenset[str] = frozenset()

    def begin(self, prepared: Sequence[tuple[Entry, Prepared]]) -> None:
        self.new.clear()
        self.filed.clear()
        self.prepared = frozenset(
            ready.case for _, ready in prepared if isinstance(ready, FileCase)
        )

    def seen_by(self, command: FileCase) -> FileCase:
        """Leave of the chunk what is on file: one before it was refused, or filed long ago."""
        return without(command, self.prepared - self.filed)


async def file_chunk(batch: Batch, chunk: Sequence[Entry]) -> Filed:
    """
    File a chunk: all of it is on file afterwards, or none of it.

    Raises:
        VaultUnavailable: A seller is new and there is no spare key.
        IdempotencyKeyReused: The key came with another batch.
        Unavailable: Others file the same subjects faster than this can look.
    """
    for _look in range(LOOKS):
        try:
            return await _through_the_door(batch, await _prepared(batch, chunk))
        except WAS_FASTER:
            continue  # the next look sees what they did
    raise Unavailable


async def _prepared(batch: Batch, chunk: Sequence[Entry]) -> list[tuple[Entry, Prepared]]:
    """Look for each once; what the ones before it will be, it sees without a look."""
    desk, mates = batch.call.desk, Mates()
    prepared: list[tuple[Entry, Prepared]] = []
    for one in chunk:
        ready = await prepare(one.filing, engine=desk.engine, tag_key=desk.tag_key, mates=mates)
        prepared.append((one, ready))
        mates = mates.joined_by(ready)
    return prepared


async def _through_the_door(batch: Batch, prepared: Sequence[tuple[Entry, Prepared]]) -> Filed:
    results: list[BatchResult] = []
    progress = Progress()

    async def inside(tx: Tx) -> None:
        results.clear()
        progress.begin(prepared)
        await views.lock_many(tx, _cases_of(prepared))
        for entry, ready in prepared:
            results.append(await _once(batch, entry, ready, tx, progress))

    call = batch.call
    await door.run(call.desk.engine, inside, pen=call.desk.pen, journey=journey(call))
    return Filed(results=results, replayed=not progress.new)


def _cases_of(prepared: Sequence[tuple[Entry, Prepared]]) -> set[str]:
    """Name the cases that a chunk locks: at once, since locks are taken in the order of ids."""
    named = (
        ready.opened.parent if isinstance(ready, FileCase) else ready.case for _, ready in prepared
    )
    return {case for case in named if case is not None}


async def _once(
    batch: Batch, entry: Entry, ready: Prepared, tx: Tx, progress: Progress
) -> BatchResult:
    """File a case, which is noted as new, or say what was answered when it came before."""
    claim = _claim(batch, entry)
    if given := await idempotency.claim(tx, claim):
        return BatchResult.model_validate_json(given.body)
    progress.new.append(entry.index)
    if isinstance(ready, NoteContact) and await _is_held(batch, ready.case, tx):
        await idempotency.give_back(tx, claim)  # sent again, it is looked at again
        return refused(entry.index, CaseOnHold())
    result = await _judged(entry, ready, tx, progress)
    answer = Stored(status=result.status, body=result.model_dump_json().encode(), headers={})
    await idempotency.store(tx, claim, answer)
    return result


async def _is_held(batch: Batch, case: str, tx: Tx) -> bool:
    """Say whether the case of a contact is parked here, as any other door would."""
    return await positions.is_held(tx.connection, case, batch.call.desk.reader)


async def _judged(entry: Entry, ready: Prepared, tx: Tx, progress: Progress) -> BatchResult:
    """File a case, or refuse it by itself: each of these is found before anything is written."""
    if _size(ready) > LARGEST_PAYLOAD:
        return refused(entry.index, TooLarge())
    try:
        return await _file(entry, ready, tx, progress)
    except AlreadyFiled as error:
        return refused(entry.index, error, existing=error.existing)
    except NoIncident as error:
        return refused(entry.index, error)


def _size(ready: Prepared) -> int:
    fact = ready.opened if isinstance(ready, FileCase) else ready.heard
    return len(fact.model_dump_json(by_alias=True, exclude_none=True).encode())


async def _file(entry: Entry, ready: Prepared, tx: Tx, progress: Progress) -> BatchResult:
    if isinstance(ready, FileCase):
        case = await file_case(tx, progress.seen_by(ready), beside=progress.filed)
        progress.filed.add(case.id)
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
