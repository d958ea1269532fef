"""The log as a whole: its signed head, its keys, and the proof that an event is in it."""

from base64 import b64encode
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field
from starlette.responses import PlainTextResponse, Response

from audit.api.access import READ, VERIFY, note_reading, patiently, read_raw
from audit.domain.merkle import leaf_hash
from audit.domain.proof import tlog_proof
from audit.handlers.export_subject import NotSignedYet, event_keys
from audit.handlers.prove_consistency import Consistent, prove_consistency
from audit.handlers.prove_inclusion import Proven, prove_inclusion
from audit.store import checkpoints, leaves, split_views
from audit.store.leaves import Logged
from audit.store.split_views import SplitView
from chassis import http
from chassis.auth import Resource
from chassis.door import Tx

router = APIRouter(prefix="/v1/log", tags=["log"])
_WHOLE = Resource(marketplace=None)


@router.get(
    "/checkpoint",
    response_class=PlainTextResponse,
    summary="Read the newest checkpoint",
    description="A signed note (c2sp.org/tlog-checkpoint): size and root of the whole log.",
)
async def checkpoint(call: Annotated[http.Call, Depends(http.calling(VERIFY))]) -> Response:
    call.permit(_WHOLE)

    async def work(tx: Tx) -> Response:
        signed = await checkpoints.find_newest(tx)
        if signed is None:
            raise NotSignedYet
        return PlainTextResponse(signed.note)

    return await patiently(lambda: read_raw(call, work))


class ServiceKey(http.ResponseModel):
    """A key with which a service signs its events."""

    service: str = Field(description="The service.", examples=["router"])
    keyid: str = Field(description="Name of the key, as in `ce_keyid`.")
    public_key: str = Field(description="Ed25519, raw, base64.")


class PolicyOut(http.ResponseModel):
    """The keys, in the form of the verifier's policy file."""

    log_keys: list[str] = Field(description="Keys of checkpoints, `name+id+base64`.")
    event_keys: list[ServiceKey] = Field(description="Keys of the services.")


@router.get(
    "/keys",
    response_model=PolicyOut,
    summary="Read the public keys",
    description="Compare them with what you were given by another way before you trust them.",
)
async def keys(call: Annotated[http.Call, Depends(http.calling(VERIFY))]) -> Response:
    call.permit(_WHOLE)

    async def work(tx: Tx) -> PolicyOut:
        log_keys = await checkpoints.list_keys(tx)
        services = event_keys(call.request.app.state.public_keys())
        return PolicyOut(
            log_keys=[key.verifier_key for key in log_keys],
            event_keys=[
                ServiceKey(service=k.service, keyid=k.key_id, public_key=_base64(k.public))
                for k in services
            ],
        )

    return await call.read(work)


class SplitViewOut(http.ResponseModel):
    """A checkpoint that was signed with the log's key and is not of this log."""

    size: int = Field(description="Its size.")
    why: str = Field(description="What contradicts it.")
    seen_at: AwareDatetime = Field(description="When it was noticed.")
    checkpoint: str = Field(description="The signed note, for `audit-verify consistency`.")
    our_root: str | None = Field(description="The log's own root of that size, base64, if any.")
    our_checkpoint: str | None = Field(description="Our signed note of that size, if any.")


class SplitViewsOut(http.ResponseModel):
    items: list[SplitViewOut] = Field(description="The first thousand, oldest first.")


@router.get(
    "/split-views",
    response_model=SplitViewsOut,
    summary="List checkpoints that contradict the log",
    description="Empty, unless the log was rewritten or restored, or its key is in other hands.",
)
async def list_split_views(call: Annotated[http.Call, Depends(http.calling(VERIFY))]) -> Response:
    call.permit(_WHOLE)

    async def work(tx: Tx) -> SplitViewsOut:
        return SplitViewsOut(items=[_split(view) for view in await split_views.list_first(tx)])

    return await call.read(work)


def _split(view: SplitView) -> SplitViewOut:
    return SplitViewOut(
        size=view.seen.head.size,
        why=view.why,
        seen_at=view.seen_at,
        checkpoint=view.note,
        our_root=view.our_root and _base64(view.our_root),
        our_checkpoint=view.our_note,
    )


class InclusionOut(http.ResponseModel):
    """The proof of one leaf."""

    event_id: str = Field(description="The event.")
    idx: int = Field(description="Its place in the log.")
    size: int = Field(description="Size of the tree that the path leads to.")
    leaf: str = Field(description="The leaf's exact bytes, base64.")
    leaf_hash: str = Field(description="SHA-256(0x00 ‖ leaf), base64.")
    path: list[str] = Field(description="Sibling hashes from the leaf up (RFC 6962), base64.")
    root: str = Field(description="Root of that tree, base64.")
    checkpoint: str | None = Field(description="The signed note of that size, if one was made.")


@router.get(
    "/proof/inclusion",
    response_model=InclusionOut,
    summary="Prove that an event is in the log",
    description=(
        "`text/plain` (c2sp.org/tlog-proof@v1, for `audit-verify event`) unless JSON is accepted."
        " Without `size`, against the newest checkpoint. The reading is recorded."
    ),
)
async def inclusion(
    call: Annotated[http.Call, Depends(http.calling(READ))],
    event_id: Annotated[UUID, Query(description="`event_id` of a trail's event.")],
    size: Annotated[int | None, Query(ge=1, le=2**53, description="Size of the tree.")] = None,
) -> Response:
    as_json = "application/json" in call.request.headers.get("accept", "")

    async def work(tx: Tx) -> Response:
        logged = await leaves.find(tx, event_id)
        if logged is None:
            raise http.NotFound(str(event_id))
        _permit(call, logged)
        proven = await prove_inclusion(tx, logged.idx, size=size, signed=not as_json)
        await _note(tx, call, logged, event_id, proven)
        if as_json:
            out = _inclusion(event_id, logged, proven)
            return Response(out.model_dump_json(), media_type="application/json")
        return PlainTextResponse(_text(logged, proven))

    return await patiently(lambda: read_raw(call, work))


class ConsistencyOut(http.ResponseModel):
    """The proof that nothing of an older tree was taken back."""

    from_: int = Field(alias="from", description="Size of the older tree.")
    to: int = Field(description="Size of the later tree.")
    path: list[str] = Field(description="Hashes of the proof (RFC 6962 §2.1.2), base64.")
    from_root: str = Field(description="Root of the older tree as we have it, base64.")
    to_root: str = Field(description="Root of the later tree as we have it, base64.")


@router.get(
    "/proof/consistency",
    response_model=ConsistencyOut,
    summary="Prove that the log has only grown",
    description=(
        "`text/plain` (a base64 hash a line) unless JSON is accepted; either is the third argument"
        " of `audit-verify consistency OLD NEW PROOF`. Without `to`, to the newest checkpoint."
    ),
)
async def consistency(
    call: Annotated[http.Call, Depends(http.calling(VERIFY, raises=(NotSignedYet,)))],
    old: Annotated[int, Query(alias="from", ge=0, le=2**53, description="Size of the older.")],
    new: Annotated[
        int | None, Query(alias="to", ge=0, le=2**53, description="Size of the later.")
    ] = None,
) -> Response:
    call.permit(_WHOLE)
    as_json = "application/json" in call.request.headers.get("accept", "")

    async def work(tx: Tx) -> Response:
        proven = await prove_consistency(tx, old=old, new=new)
        if as_json:
            out = _consistency(proven).model_dump_json(by_alias=True)
            return Response(out, media_type="application/json")
        return PlainTextResponse("".join(f"{_base64(part)}\n" for part in proven.path))

    return await patiently(lambda: read_raw(call, work))


def _consistency(proven: Consistent) -> ConsistencyOut:
    return ConsistencyOut(
        from_=proven.old,
        to=proven.new,
        path=[_base64(part) for part in proven.path],
        from_root=_base64(proven.old_root),
        to_root=_base64(proven.new_root),
    )


def _permit(call: http.Call, logged: Logged) -> None:
    # What is of no marketplace (who works here, conflicts) concerns each one's compliance.
    if logged.marketplace is not None:
        call.permit(Resource(marketplace=logged.marketplace))


async def _note(tx: Tx, call: http.Call, logged: Logged, event_id: UUID, proven: Proven) -> None:
    case = await leaves.find_case(tx, logged.subject, topic="cases.v1")
    query = {"event": str(event_id), "size": str(proven.size)}
    await note_reading(tx, call, "inclusion", subject=logged.subject, query=query, case=case)


def _text(logged: Logged, proven: Proven) -> str:
    return tlog_proof(
        logged.leaf, index=logged.idx, path=proven.path, checkpoint=proven.checkpoint or ""
    )


def _inclusion(event_id: UUID, logged: Logged, proven: Proven) -> InclusionOut:
    return InclusionOut(
        event_id=str(event_id),
        idx=logged.idx,
        size=proven.size,
        leaf=_base64(logged.leaf),
        leaf_hash=_base64(leaf_hash(logged.leaf)),
        path=[_base64(part) for part in proven.path],
        root=_base64(proven.root),
        checkpoint=proven.checkpoint,
    )


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
