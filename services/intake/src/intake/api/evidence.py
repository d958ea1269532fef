"""Documents: sent, listed, read."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response, StreamingResponse

from chassis import http, ids
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import (
    Erased,
    FieldError,
    Invalid,
    NotFound,
    Refusal,
    VaultUnavailable,
)
from chassis.vault import seal, tag
from contracts.lifecycle import CaseState
from contracts.lifecycle.state import Evidence
from contracts.words import ItemId
from intake.api.documents import FORM, EvidenceItem, EvidenceList, ReceivedEvidence
from intake.api.state import READ, GivenKit, Kit, require_key
from intake.api.upload import Upload, read_upload
from intake.domain.documents import (
    CaseTakesNoEvidence,
    CutOff,
    EvidenceRefused,
    FileTooLarge,
    NotAskedFor,
    Provenance,
    ReceiveEvidence,
    TooManyFiles,
    WrongMediaType,
    check_item,
    check_media_type,
    check_room,
)
from intake.handlers.receive_evidence import receive_evidence
from intake.store import documents
from intake.store.files import FileDamaged, NewFile
from playbook.evidence import UnknownKind, standard
from playbook.model import pinned

UPLOAD: Final = Action("evidence.send", {"front_end": Scope.MARKETPLACE, "seller": Scope.OWN})
LIST: Final = Action("evidence.list", {**READ.grants, "partner": Scope.PARTNER})
OPEN: Final = Action(
    "evidence.open",
    {
        "agent": Scope.WORKER,
        "senior_agent": Scope.WORKER,
        "supervisor": Scope.WORKER,
        "partner": Scope.PARTNER,
        "compliance": Scope.MARKETPLACE,
    },
)
_ITEM: Final[TypeAdapter[str]] = TypeAdapter(ItemId)
_REFUSALS: Final = (
    CaseTakesNoEvidence,
    TooManyFiles,
    FileTooLarge,
    WrongMediaType,
    CutOff,
    NotAskedFor,
)
_UNREADABLE: Final = (FileDamaged, VaultUnavailable, Erased)
_EvidenceId = Annotated[str, Path(description="The document, `evd_…`.")]

router = APIRouter(prefix="/v1/cases/{case_id}/evidence", tags=["evidence"])


@router.post(
    "",
    status_code=201,
    response_model=ReceivedEvidence,
    summary="Send a document",
    description="Encrypted as it streams. The same case, kind and content again answers 200 with "
    "the document that is on file. `Content-Digest: sha-256=:…:` of the file is checked if sent.",
    responses={200: {"model": ReceivedEvidence, "description": "It was on file already."}},
    openapi_extra=FORM,
)
async def send_evidence(
    case_id: http.CaseId,
    call: Annotated[http.Call, Depends(http.calling(UPLOAD, upload=True, raises=_REFUSALS))],
    kit: GivenKit,
) -> Response:
    require_key(call)
    state, evidence = await _look_first(call, case_id)
    with kit.files.new(evidence) as file:
        upload = await read_upload(call.request, file)
        command = _command(upload, file, state, call, kit=kit, evidence=evidence)
        await asyncio.to_thread(file.keep)
    fingerprint = [command.kind, command.item, upload.sha256]
    try:
        response = await call.write(_receive(command), case=case_id, fingerprint=fingerprint)
    except (EvidenceRefused, Refusal):  # said before the commit: no row will speak of the file
        kit.files.discard(evidence)
        raise
    if evidence.encode() not in response.body:
        kit.files.discard(evidence)  # a replay: the document is on file under another id
    return response


async def _look_first(call: http.Call, case_id: str) -> tuple[CaseState, str]:
    """Refuse before a byte is read whom or what the case cannot take; name the document."""
    seen: list[tuple[CaseState, str]] = []

    async def work(tx: Tx) -> EvidenceList:
        state = tx.views[case_id].state
        check_room(state)
        seen.append((state, ids.new_id("evd", tx.now)))
        return EvidenceList(items=[])

    await call.read(work, case=case_id)
    return seen[-1]


def _command(
    upload: Upload, file: NewFile, state: CaseState, call: http.Call, *, kit: Kit, evidence: str
) -> ReceiveEvidence:
    kind, item = upload.fields.get("kind", ""), _item(upload)
    media_type = check_media_type(
        upload.found, declared=upload.declared, allowed=_allowed(kit, state, kind)
    )
    check_item(state, item=item, kind=kind)
    value = {
        "name": upload.name,
        "sha256": upload.sha256,
        "key": b64encode(file.key).decode(),
    }
    by_seller = call.principal.kind == "seller"
    provenance: Provenance = "seller" if by_seller else "front_end"
    return ReceiveEvidence(
        case=state.case_id,
        evidence=evidence,
        kind=kind,
        item=item,
        size=upload.size,
        media_type=media_type,
        provenance=provenance,
        file=seal(
            value,
            public_key=state.seller.public_key,
            key=state.seller.key,
            class_="evidence_file",
            subject=state.case_id,
        ),
        file_tag=tag(call.desk.tag_key, state.case_id, kind, upload.sha256),
    )


def _item(upload: Upload) -> str | None:
    item = upload.fields.get("item")
    try:
        return None if item is None else _ITEM.validate_python(item)
    except ValidationError:
        raise Invalid([FieldError("/item", "invalid-body", "an id, itm_…")]) from None


def _allowed(kit: Kit, state: CaseState, kind: str) -> tuple[str, ...]:
    playbook = pinned(kit.playbooks, state.playbook)
    try:
        return standard(playbook, kind).media_types
    except UnknownKind:
        known = ", ".join(one.kind for one in playbook.taxonomy.evidence_kinds)
        detail = f"One of evidence_kinds: {known}."
        raise Invalid([FieldError("/kind", "unknown-code", detail)]) from None


def _receive(command: ReceiveEvidence) -> Callable[[Tx], Awaitable[http.Reply]]:
    async def work(tx: Tx) -> http.Reply:
        on_file = await receive_evidence(tx, command)
        replayed = on_file != command.evidence
        known = tx.views[command.case].state.evidence.get(on_file)
        body = ReceivedEvidence(
            id=on_file,
            kind=command.kind,
            item=known.item if known else command.item,
            size=command.size,
            media_type=command.media_type,
            received_at=(known and known.received_at) or tx.now,
            replayed=replayed,
        )
        return http.Reply(body=body, status=200 if replayed else 201)

    return work


@router.get("", response_model=EvidenceList, summary="List the documents of a case")
async def list_evidence(
    case_id: http.CaseId, call: Annotated[http.Call, Depends(http.calling(LIST))]
) -> Response:
    async def work(tx: Tx) -> EvidenceList:
        state = tx.views[case_id].state
        senders = await documents.provenances(tx, state.evidence)
        return EvidenceList(items=[*_on_file(state), *_sent(state, senders, call)])

    return await call.read(work, case=case_id)


def _on_file(state: CaseState) -> Iterator[EvidenceItem]:
    for item in state.evidence_on_file:
        if item.evidence not in state.evidence:
            yield EvidenceItem(
                id=item.evidence,
                kind=item.kind,
                state="on_file",
                issued_on=item.issued_on,
                valid_until=item.valid_until,
            )


def _sent(state: CaseState, senders: dict[str, str], call: http.Call) -> Iterator[EvidenceItem]:
    for evidence, document in state.evidence.items():
        yield EvidenceItem(
            id=evidence,
            kind=document.kind,
            state=document.judgement or "received",
            reason=document.reason,
            item=document.item,
            size=document.size,
            media_type=document.media_type,
            provenance=senders.get(evidence),
            received_at=document.received_at,
            issued_on=document.issued_on,
            valid_until=document.valid_until,
            file=call.reveal(document.file),
        )


@router.get(
    "/{evidence_id}/content",
    summary="Read a document",
    description="Opened by the vault in the caller's name, which leaves an event.",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file."}},
)
async def read_content(
    case_id: http.CaseId,
    evidence_id: _EvidenceId,
    call: Annotated[http.Call, Depends(http.calling(OPEN, raises=_UNREADABLE))],
    kit: GivenKit,
) -> Response:
    document = await _find(call, case_id, evidence_id)
    if document.file is None:
        raise NotFound(evidence_id)
    [opened] = await kit.vault.open(
        [document.file], purpose="read_evidence", case=case_id, bearer=call.token
    )
    chunks = kit.files.read(evidence_id, b64decode(opened.value["key"]))
    first = await asyncio.to_thread(next, chunks)  # damage shows before the answer has begun
    return StreamingResponse(
        chain([first], chunks),
        media_type=document.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(opened.value['name'])}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Content-Length": str(document.size),
        },
    )


async def _find(call: http.Call, case_id: str, evidence_id: str) -> Evidence:
    seen: list[Evidence] = []

    async def work(tx: Tx) -> EvidenceList:
        document = tx.views[case_id].state.evidence.get(evidence_id)
        if document is None:
            raise NotFound(evidence_id)
        seen.append(document)
        return EvidenceList(items=[])

    await call.read(work, case=case_id)
    return seen[-1]
