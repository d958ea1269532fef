"""A partner's reply, as it stands on the topic: read strictly, believed only with its token."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from contracts.handoff import PartnerReply
from contracts.words import Code, HandoffId
from handoff.domain.handoffs import Reply, ReplyKind

_TOKEN_BYTES = 16
_HANDOFF: TypeAdapter[str] = TypeAdapter(HandoffId)
_CODE: TypeAdapter[str] = TypeAdapter(Code)


def said_in(written: PartnerReply) -> Reply:
    """Take from a written reply what the state machine asks for."""
    return Reply(
        kind=ReplyKind(written.reply),
        result=written.result,
        reason=written.reason,
        path=written.path,
        suggest=written.suggest,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """JSON, but not a reply. `handoff` and `reply` are repeated only if they look like one."""

    handoff: str | None
    reply: str | None
    path: str


def read_reply(written: dict[str, Any]) -> PartnerReply | Malformed:
    """Read a reply; of one that is none, say where it is wrong first."""
    try:
        return PartnerReply.model_validate(written)
    except ValidationError as error:
        place = error.errors(include_input=False, include_context=False, include_url=False)[0]
        return Malformed(
            handoff=_named(written, "handoff", _HANDOFF),
            reply=_named(written, "reply", _CODE),
            path=f"/{place['loc'][0]}",
        )


def _named(written: dict[str, Any], name: str, shape: TypeAdapter[str]) -> str | None:
    """Repeat what the sender said only if it has the shape of what it should be."""
    try:
        return shape.validate_python(written.get(name), strict=True)
    except ValidationError:
        return None


def new_token() -> str:
    """Make a reply token: 128 random bits, for one attempt."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def is_token(token: str, token_hash: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hash_of(token), token_hash)
