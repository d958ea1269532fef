"""A reply on the partners' topic: believed only with its token, answered if it is wrong."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chassis import views
from chassis.cloudevents import RawRecord
from chassis.door import Tx
from chassis.outbox import announce
from contracts.catalogue import partner_topic
from contracts.handoff import PartnerReply, ReplyRejected
from handoff import store
from handoff.domain.handoffs import Handoff, Reply, ReplyKind, ReplyNotAllowed
from handoff.domain.replies import Malformed, is_token, read_reply, said_in
from handoff.handlers.take_reply import take_reply
from playbook.contract import HandoffContract, check_result, contract as find_contract
from playbook.model import Playbook, pinned


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a reply changed nothing. The state is told only to whoever had the token."""

    reason: str
    handoff: str | None = None
    reply: str | None = None
    state: str | None = None
    path: str | None = None


async def hear_reply(
    written: dict[str, Any], *, record: RawRecord, tx: Tx, playbooks: Mapping[str, Playbook]
) -> None:
    """
    Take a team's reply, or answer it with `partner.reply_rejected` and change nothing.

    A wrong reply is never parked: partners may say anything, and nobody else may wait for it.
    """
    reply = read_reply(written)
    named = reply.handoff
    case_id = await store.find_case(tx, named) if named else None
    if named is None or case_id is None:
        teams = {one.team for book in playbooks.values() for one in book.handoffs}
        refusal = _of_unknown(reply)
        _reject(refusal, tx=tx, record=record, teams=teams, subject=named or _place(record))
        return
    view = await views.lock(tx, case_id)
    handoff = await store.get_handoff(tx, named, for_update=True)

    refused = await _believe(handoff, reply, tx=tx, playbook=pinned(playbooks, view.state.playbook))

    if refused is not None:
        _reject(refused, tx=tx, record=record, teams=(handoff.team,), subject=case_id)


def _of_unknown(reply: PartnerReply | Malformed) -> Refusal:
    if isinstance(reply, Malformed):
        return Refusal(
            reason="malformed", handoff=reply.handoff, reply=reply.reply, path=reply.path
        )
    return Refusal(reason="unknown_handoff", handoff=reply.handoff, reply=reply.reply)


async def _believe(
    handoff: Handoff, written: PartnerReply | Malformed, *, tx: Tx, playbook: Playbook
) -> Refusal | None:
    """Take the reply, or say why not: its shape first, then its token, contract and moment."""
    if isinstance(written, Malformed):
        return Refusal(
            reason="malformed", handoff=handoff.handoff, reply=written.reply, path=written.path
        )
    if not is_token(written.reply_token, handoff.token_hash):
        return Refusal(reason="wrong_token", handoff=handoff.handoff, reply=written.reply)
    if path := _unmet(find_contract(playbook, handoff.team), said_in(written)):
        return Refusal(
            reason="invalid_result",
            handoff=handoff.handoff,
            reply=written.reply,
            state=handoff.state.value,
            path=path,
        )
    try:
        await take_reply(handoff, said_in(written), tx=tx)
    except ReplyNotAllowed as error:
        return Refusal(
            reason="not_allowed_now",
            handoff=handoff.handoff,
            reply=written.reply,
            state=error.state.value,
        )
    return None


def _unmet(contract: HandoffContract | None, reply: Reply) -> str | None:
    """Point at what the contract does not allow: words in a result, a reason of no list."""
    if contract is None:
        return "/handoff"
    if reply.kind is ReplyKind.COMPLETED:
        problems = check_result(contract, reply.result or {})
        return problems[0].pointer if problems else None
    if reply.kind is ReplyKind.RETURNED and reply.reason not in contract.return_reasons:
        return "/reason"
    return None


def _reject(
    refusal: Refusal, *, tx: Tx, record: RawRecord, teams: Collection[str], subject: str
) -> None:
    """Tell the handoff's team; of a handoff that nobody knows, tell them all: one sent it."""
    fact = ReplyRejected(
        handoff=refusal.handoff,
        reply=refusal.reply,
        reason=refusal.reason,
        state=refusal.state,
        path=refusal.path,
        src_partition=record.partition,
        src_offset=record.offset,
    )
    for team in sorted(teams):
        announce(tx, fact, subject=subject, topic=partner_topic(team))


def _place(record: RawRecord) -> str:
    return f"reply/{record.partition}/{record.offset}"
