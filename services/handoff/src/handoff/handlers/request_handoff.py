"""Offer a case to a partner team, complete as its contract demands."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis import ids, views
from chassis.door import Tx
from chassis.outbox import announce
from chassis.problems import FieldError, Invalid, NotAllowedNow
from contracts.catalogue import partner_topic
from contracts.handoff import HandoffOffered, HandoffRequested
from contracts.lifecycle import CaseState
from handoff import store
from handoff.domain.handoffs import Handoff, RoutingIsFrozen, State, count_hops
from handoff.domain.offers import compose_payload, digest_of_offer, instant, without_restricted
from handoff.domain.replies import hash_of, new_token
from playbook.case import Problem
from playbook.contract import HandoffContract, check_own, check_payload, contract as find_contract
from playbook.model import Playbook
from playbook.targets import Scope, due_by


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHandoff:
    """Offer a case to a team. `payload` holds the team's own fields."""

    case_id: str
    team: str
    payload: dict[str, Any]
    blocking: bool


class ContractUnmet(Exception):
    """The payload is not what the team's contract asks for; `errors` point at each place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(problem.pointer for problem in problems))
        self.errors = tuple(FieldError(one.pointer, one.code, one.detail) for one in problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A payload that meets its contract, and by when the team should act."""

    contract: HandoffContract
    payload: dict[str, Any]
    accept_by: datetime
    due_by: datetime


def prepare_offer(command: RequestHandoff, *, tx: Tx, playbook: Playbook) -> Offer:
    """
    Put the whole payload together and hold it against the contract. Changes nothing.

    Raises:
        Invalid: There is no such team.
        ContractUnmet: Something is missing or wrong, each with its pointer.
    """
    state = tx.views[command.case_id].state
    contract = find_contract(playbook, command.team)
    if contract is None:
        known = ", ".join(one.team for one in playbook.handoffs)
        raise Invalid((FieldError("/team", "unknown-code", f"One of: {known}."),))
    accept_by, ends = _due(state, contract, tx=tx, playbook=playbook)

    payload = compose_payload(
        state, command.payload, contract=contract, playbook=playbook, due_by=ends
    )

    problems = _unmet(state, command.payload, payload, contract=contract)
    if problems:
        raise ContractUnmet(problems)
    return Offer(contract=contract, payload=payload, accept_by=accept_by, due_by=ends)


async def request_handoff(command: RequestHandoff, *, tx: Tx, playbook: Playbook) -> Handoff:
    """
    Announce the handoff and its offer: two events, one transaction, the fact before the offer.

    Custody stays with the sender until the team accepts; the case's lead never changes by it.

    Raises:
        NotAllowedNow: Nobody works the case, it has ended, or the team has an open offer of it.
        RoutingIsFrozen: The case went to and fro; an arbiter has to decide first.
        Invalid, ContractUnmet: As `prepare_offer`.
    """
    view = tx.views[command.case_id]
    earlier = await store.list_of_case(tx, view.state.marketplace, command.case_id)

    offer = prepare_offer(command, tx=tx, playbook=playbook)
    _check_state(view.state, command.team, earlier)
    token = new_token()
    handoff = _open(command, offer, earlier, tx=tx)
    told = HandoffOffered.model_validate(_told(handoff, offer, token))
    handoff = _with_secrets(handoff, told, token)

    await store.add_handoff(tx, handoff)
    views.touch(view)

    announce(tx, _requested(handoff), subject=command.case_id)
    announce(tx, told, subject=command.case_id, topic=partner_topic(handoff.team))
    return handoff


def _due(
    state: CaseState, contract: HandoffContract, *, tx: Tx, playbook: Playbook
) -> tuple[datetime, datetime]:
    accept, turnaround = (
        due_by(
            playbook,
            Scope(
                kind=kind,
                issue_type=state.issue_type,
                severity=state.classification.severity if state.classification else "low",
                tier=state.seller.tier,
                region=state.seller.region,
                patch=playbook.patch_for(state.marketplace),
                team=contract.team,
            ),
            tx.now,
        )
        for kind in ("handoff_accept", "handoff_turnaround")
    )
    return accept, turnaround


def _unmet(
    state: CaseState,
    own: dict[str, Any],
    payload: dict[str, Any],
    *,
    contract: HandoffContract,
) -> tuple[Problem, ...]:
    """Hold the caller's fields and the whole against the contract; each place is named once."""
    chosen = {name: value for name, value in own.items() if name != "next_action_required"}
    found = [
        *_of_type(state, contract),
        *check_own(contract, chosen),
        *check_payload(contract, payload),
    ]
    return tuple({problem.pointer: problem for problem in found}.values())


def _of_type(state: CaseState, contract: HandoffContract) -> list[Problem]:
    if state.issue_type in contract.issue_types:
        return []
    takes = ", ".join(contract.issue_types)
    detail = f"{contract.team} takes: {takes}."
    return [Problem(pointer="/team", code="handoff-contract-unmet", detail=detail)]


def _check_state(state: CaseState, team: str, earlier: tuple[Handoff, ...]) -> None:
    has_open_offer = any(one.team == team and one.state.is_open for one in earlier)
    if state.has_ended or state.assignee is None or has_open_offer:
        raise NotAllowedNow(status=state.status, allowed=[])
    if state.is_frozen and state.freeze is not None:
        raise RoutingIsFrozen(state.freeze)


def _open(
    command: RequestHandoff, offer: Offer, earlier: tuple[Handoff, ...], *, tx: Tx
) -> Handoff:
    attempt, hop = count_hops(command.team, earlier)
    return Handoff(
        handoff=ids.new_id("hnd", tx.now),
        marketplace=tx.views[command.case_id].state.marketplace,
        case_id=command.case_id,
        team=command.team,
        contract=offer.contract.pin,
        digest=offer.contract.digest,
        party=offer.contract.party,
        blocking=command.blocking,
        state=State.REQUESTED,
        attempt=attempt,
        hop=hop,
        payload=offer.payload,
        payload_sha256="",
        token_hash=b"",
        requested_by=tx.journey.actor,
        requested_at=tx.now,
        accept_by=offer.accept_by,
        due_by=offer.due_by,
    )


def _told(handoff: Handoff, offer: Offer, token: str) -> dict[str, Any]:
    """Return what the team reads."""
    return offer.payload | {
        "handoff": handoff.handoff,
        "case": handoff.case_id,
        "contract": offer.contract.id,
        "attempt": handoff.attempt,
        "reply_token": token,
        "accept_by": instant(handoff.accept_by),
        "due_by": offer.payload["due_by"],
    }


def _with_secrets(handoff: Handoff, told: HandoffOffered, token: str) -> Handoff:
    """Note what was told, as it stands on the topic, and the token's hash."""
    written = told.model_dump(mode="json", by_alias=True, exclude_none=True)
    return replace(handoff, payload_sha256=digest_of_offer(written), token_hash=hash_of(token))


def _requested(handoff: Handoff) -> HandoffRequested:
    return HandoffRequested(
        handoff=handoff.handoff,
        contract=handoff.contract,
        digest=handoff.digest,
        team=handoff.team,
        party=handoff.party,
        blocking=handoff.blocking,
        attempt=handoff.attempt,
        hop=handoff.hop,
        payload=without_restricted(handoff.payload),
        payload_sha256=handoff.payload_sha256,
        accept_by=handoff.accept_by,
        due_by=handoff.due_by,
    )
