"""When a case moves by itself: its documents are there, and nobody has said otherwise. Pure."""

from dataclasses import replace
from typing import Final

from contracts.lifecycle import CaseState
from playbook.case import CaseFacts
from playbook.classify import Classification
from playbook.inputs import filed_inputs
from playbook.judgement import weight_of
from playbook.model import Playbook
from playbook.no_touch import find_no_touch

SELLER: Final = "seller"


def is_the_sellers(
    playbook: Playbook, state: CaseState, found: Classification, facts: CaseFacts
) -> bool:
    """
    Say whether nobody is asked to take a case yet: its seller mends it, and the next check ends it.

    Until the seller writes, the check fails, or a clock warns: then it waits for a person again.
    """
    way = find_no_touch(playbook, weight_of(found), filed_inputs(facts))
    return way is not None and state.parent is None and state.episode == 0


def may_move(playbook: Playbook, state: CaseState) -> bool:
    """
    Say whether a case may be moved without a person.

    Not against one: where a person or an arbiter sent it, it stays. Nor while it is frozen, ended,
    with another team, or waits for the seller.
    """
    busy = state.has_ended or state.is_frozen or bool(state.blocking_handoffs)
    waits = any(item.required for item in state.open_items.values())
    return not busy and not waits and _was_sent_by_table(playbook, state)


def _was_sent_by_table(playbook: Playbook, state: CaseState) -> bool:
    rule = state.route.rule if state.route else None
    return any(
        rule == row.rule
        for table in playbook.routing.tables
        if state.issue_type in table.issue_types
        for row in (*table.rows, table.default)
    )


def with_arrived(playbook: Playbook, facts: CaseFacts, state: CaseState) -> CaseFacts:
    """Add the kinds that nobody waits for: not judged yet, accepted, or said not to be needed."""
    came = {
        one.kind
        for one in state.evidence.values()
        if one.judgement in {"accepted", "waived"}
        or (one.received_at is not None and one.judgement != "rejected")
    }
    unasked = {item.kind for item in state.items.values() if item.waived}
    waived = {item for item, point in state.checklist.items() if point.state == "waived"}
    rows = playbook.checklist(state.issue_type).items
    needless = {row.kind for row in rows if row.kind and row.item in waived}
    return replace(facts, arrived=tuple(sorted(came | unasked | needless)))
