"""A team answers: move the handoff, say each step."""

from dataclasses import replace

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from contracts.event import Contract
from contracts.handoff import (
    HandoffAccepted,
    HandoffCompleted,
    HandoffProgressed,
    HandoffReturned,
)
from contracts.sealed import SealedValue
from handoff import store
from handoff.domain.handoffs import Handoff, Reply, ReplyKind, State, decide_reply


async def take_reply(
    handoff: Handoff,
    reply: Reply,
    *,
    tx: Tx,
    member: str | None = None,
    note: SealedValue | None = None,
) -> Handoff:
    """
    Move a locked handoff as the reply says; the same reply again changes nothing.

    `member` is the person, when one answers over HTTP. A completion that comes before an
    acceptance says both, in order, the first as implied.

    Raises:
        ReplyNotAllowed: The handoff's state forbids it. Nothing has changed.
    """
    steps = decide_reply(handoff, reply)

    after = handoff
    for step in steps:
        after = _after(after, step, reply, tx=tx)
        fact = _fact(step, after, reply, member=member, implied=step is not steps[-1], note=note)
        announce(tx, fact, subject=handoff.case_id, actor=_actor(handoff, tx, member))
    if steps:
        await store.save_handoff(tx, after)
        views.touch(tx.views[handoff.case_id])
    return after


def _after(handoff: Handoff, step: State, reply: Reply, *, tx: Tx) -> Handoff:
    if step is State.ACCEPTED:
        return replace(handoff, state=step)
    return replace(
        handoff,
        state=step,
        ended_at=tx.now,
        result=reply.result,
        reason=reply.reason,
        path=reply.path,
        suggest=reply.suggest,
    )


def _fact(
    step: State,
    handoff: Handoff,
    reply: Reply,
    *,
    member: str | None,
    implied: bool,
    note: SealedValue | None,
) -> Contract:
    if reply.kind is ReplyKind.PROGRESSED:
        return HandoffProgressed(handoff=handoff.handoff, note=note)
    if step is State.ACCEPTED:
        return HandoffAccepted(
            handoff=handoff.handoff, team=handoff.team, member=member, implied=implied
        )
    if step is State.COMPLETED:
        return HandoffCompleted(
            handoff=handoff.handoff, team=handoff.team, result=reply.result or {}
        )
    return HandoffReturned(
        handoff=handoff.handoff,
        reason=reply.reason or "",
        path=reply.path,
        suggest=reply.suggest,
    )


def _actor(handoff: Handoff, tx: Tx, member: str | None) -> str | None:
    """Name the team for a reply that came over the topic: nobody there is a person."""
    return tx.journey.actor if member else f"partner:{handoff.team}"
