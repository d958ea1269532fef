"""What an offer says: the common part from the case, the team's own part from the caller."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import rfc8785

from contracts.lifecycle import CaseState
from playbook.case import OnFile
from playbook.contract import HandoffContract
from playbook.evidence import is_current
from playbook.model import Playbook

_HIDDEN = frozenset({"what_happened"})


def compose_payload(
    state: CaseState,
    own: Mapping[str, Any],
    *,
    contract: HandoffContract,
    playbook: Playbook,
    due_by: datetime,
) -> dict[str, Any]:
    """
    Fill the fields that every contract asks for, from the fold and the playbook.

    The caller's own fields win nothing: what the case knows is not asked of people, and what it
    does not know they cannot make up. `next_action_required` is theirs to choose, if the contract
    offers several.
    """
    common: dict[str, Any] = {
        "why_it_matters": _why(state, due_by),
        "already_checked": _checked(state, playbook, at=due_by),
        "next_action_required": own.get("next_action_required", contract.actions[0]),
        "evidence": _evidence(state),
        "case_history": _history(state),
        "policy_refs": _policies(state),
        "due_by": instant(due_by),
    }
    if state.description is not None:
        common["what_happened"] = state.description.model_dump(by_alias=True)
    return dict(own) | common


def without_restricted(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is sealed: `cases.v1` tells that a case was handed over, not its story."""
    return {name: value for name, value in payload.items() if name not in _HIDDEN}


def digest_of_offer(offer: Mapping[str, Any]) -> str:
    """SHA-256 over the JCS of an offer without its reply token, hex."""
    told = {name: value for name, value in offer.items() if name != "reply_token"}
    return hashlib.sha256(rfc8785.dumps(told)).hexdigest()


def _why(state: CaseState, due_by: datetime) -> dict[str, Any]:
    why: dict[str, Any] = {
        "due_by": instant(due_by),
        "severity": state.classification.severity if state.classification else "low",
    }
    if state.amount_at_risk is not None:
        why["amount_at_risk"] = state.amount_at_risk.model_dump()
    return why


def _checked(state: CaseState, playbook: Playbook, *, at: datetime) -> list[dict[str, Any]]:
    """List what nobody needs to check again: documents on file that are valid, and ours."""
    on_file = [
        {
            "step": one.kind,
            "by": "service:resolution",
            "at": instant(state.opened_at),
            "result": "valid",
        }
        for one in state.evidence_on_file
        if is_current(
            playbook,
            OnFile(kind=one.kind, issued_on=one.issued_on, valid_until=one.valid_until),
            at.date(),
        )
    ]
    judged = [
        {
            "step": one.kind,
            "by": (one.judged_by or "service:resolution").rpartition(":")[2],
            "at": instant(one.judged_at),
            "result": one.judgement,
        }
        for one in sorted(state.evidence.values(), key=lambda e: (e.judged_at or at, e.kind))
        if one.judgement is not None and one.judged_at is not None
    ]
    return [*on_file, *judged]


def _evidence(state: CaseState) -> list[dict[str, Any]]:
    """List every document collected: whoever looks next starts from a complete record."""
    return [
        {"kind": one.kind, "id": id_, "commitment": one.file.commitment}
        for id_, one in sorted(state.evidence.items())
        if one.file is not None
    ]


_Step = tuple[datetime, str, str]


def _history(state: CaseState) -> list[dict[str, Any]]:
    """Tell briefly who started the case and which steps were taken, in order."""
    steps = sorted([*_steps_of_platform(state), *_steps_of_seller(state)])
    return [{"at": instant(at), "step": step, "by": by} for at, step, by in steps]


def _steps_of_seller(state: CaseState) -> Iterator[_Step]:
    seller = f"seller:{state.seller.id}"
    yield state.opened_at, "case_opened", seller
    for one in state.evidence.values():
        if one.received_at is not None:
            yield one.received_at, f"received_{one.kind}", seller


def _steps_of_platform(state: CaseState) -> Iterator[_Step]:
    if state.route is not None:
        yield state.route.routed_at, f"routed_to_{state.route.queue}", "service:router"
    for message in state.messages.values():
        yield message.sent_at, f"message_{message.kind}", "service:resolution"
    if state.assignee is not None:
        yield state.assignee.at, "assigned", f"member:{state.assignee.member}"
    for earlier in state.handoffs.values():
        step = f"handoff_{earlier.team}_{earlier.state}"
        yield earlier.requested_at, step, f"team:{earlier.team}"


def _policies(state: CaseState) -> list[str]:
    rule = [f"{state.playbook}/routing/{state.route.rule}"] if state.route else []
    return [state.playbook, *rule]


def instant(moment: datetime) -> str:
    """Write an instant as the wire does: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
