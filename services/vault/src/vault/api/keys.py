"""Spare public keys, for services."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field, RootModel
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.problems import Forbidden
from contracts.event import Part
from contracts.words import Base64, KeyId
from vault.handlers.make_keys import make_keys

MAKE_KEYS: Final = Action("keys.make", {"service": Scope.ANY})
_MOST: Final = 1_000

router = APIRouter(prefix="/v1/keys", tags=["keys"])

Caller = Annotated[http.Call, Depends(http.calling(MAKE_KEYS))]
Master = Annotated[Callable[[], bytes], Depends(http.from_state("master_key"))]


class KeysBody(http.RequestModel):
    count: int = Field(ge=1, le=_MOST, description="How many, at most 1,000.", examples=[500])


class SpareKeyOut(Part):
    key: KeyId = Field(description="Id of the key pair.")
    public_key: Base64 = Field(description="X25519, raw 32 bytes, base64: to seal to.")


class SpareKeysOut(RootModel[list[SpareKeyOut]]):
    """Key pairs that wait for a seller."""


@router.post("", response_model=SpareKeysOut, summary="Fetch spare public keys")
async def post_keys(body: KeysBody, call: Caller, master: Master) -> Response:
    """Each is durable at the vault before it is told. Only intake has sellers to give them to."""
    if call.principal.service != "intake":
        raise Forbidden

    async def work(tx: Tx) -> SpareKeysOut:
        pairs = await make_keys(body.count, tx=tx, master=master())
        return SpareKeysOut([SpareKeyOut(key=p.key, public_key=p.public_key) for p in pairs])

    return await call.write(work)
