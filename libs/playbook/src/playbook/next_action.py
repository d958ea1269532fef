"""What to do next to resolve a case, in the playbook's order, and what is in the way."""

from dataclasses import dataclass, replace

from playbook.assets import ActionRow, Need
from playbook.case import Situation
from playbook.closed import Words
from playbook.model import Playbook

TRIAGE = "triage"
ENDED = frozenset({"resolved", "closed", "withdrawn", "merged"})

_WAITING = {
    "seller": (
        "wait_for_seller",
        "seller_has_it",
        Words({"en": "Wait for the seller's documents."}),
    ),
    "partner": ("wait_for_partner", "partner_has_it", Words({"en": "Wait for the other team."})),
    "third_party": (
        "wait_for_partner",
        "third_party_has_it",
        Words({"en": "Wait for the third party."}),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """One action, why it is next, and what it lacks; nothing, if it can be done now."""

    verb: str
    why: str
    why_text: Words
    lacks: tuple[str, ...] = ()
    team: str | None = None


_CLASSIFY = NextAction(
    verb="classify",
    why="nobody_was_sure",
    why_text=Words({"en": "Say what the case is about: the playbook was not sure enough."}),
)


_MENDS_IT = NextAction(
    verb="wait_for_seller",
    why="seller_mends_it",
    why_text=Words({"en": "The seller was told what to change; the next check ends the case."}),
    lacks=("recheck",),
)
_DECIDE_RECONTACT = NextAction(
    verb="decide_recontact",
    why="letter_withdrawn",
    why_text=Words(
        {"en": "A letter that the seller has was withdrawn: decide whether to write again."}
    ),
)
_WRITE_AGAIN = NextAction(
    verb="write_again",
    why="letter_withdrawn",
    why_text=Words({"en": "Write to the seller what holds instead of the withdrawn letter."}),
)

_PROVE_READER = NextAction(
    verb="prove_reader",
    why="letters_wait",
    why_text=Words(
        {"en": "Prove who reads our letters and settle that point; before it nothing is written."}
    ),
)


def next_best_action(playbook: Playbook, situation: Situation) -> NextAction:
    """Choose the first action in the playbook's order that is called for and lacks nothing."""
    if situation.status in ENDED:
        return NextAction(verb="none", why="case_ended", why_text=Words({"en": "Nothing is left."}))
    if situation.status == TRIAGE:
        return _CLASSIFY
    owed = _owed(situation)
    if situation.waiting_on in _WAITING and not situation.to_judge:
        return owed[0] if owed else _wait(situation)
    if situation.untouched:
        return owed[0] if owed else _MENDS_IT
    called_for = [*owed, *_called_for(playbook, situation)]
    ready = [action for action in called_for if not action.lacks]
    return (ready or called_for)[0]


def allowed_actions(playbook: Playbook, situation: Situation) -> tuple[str, ...]:
    """List what can be done now."""
    if situation.status in ENDED:
        return ()
    if situation.status == TRIAGE:
        return (_CLASSIFY.verb,)
    called_for = (*_owed(situation), *_called_for(playbook, situation))
    return tuple(action.verb for action in called_for if not action.lacks)


def open_items(playbook: Playbook, situation: Situation) -> tuple[str, ...]:
    """List the required points that are neither done nor waived; decisions wait for them."""
    return tuple(
        row.item
        for row in playbook.checklist(situation.issue_type).items
        if row.required
        and not row.decision
        and row.item not in situation.needless
        and situation.checklist.get(row.item, "open") == "open"
    )


def _owed(situation: Situation) -> list[NextAction]:
    """List what letters ask of whoever works the case, also while others have it."""
    lacks = () if situation.assigned else ("assignment",)
    wanted = (
        (_PROVE_READER, situation.letters_wait_for),
        (_DECIDE_RECONTACT, situation.withdrawn_letters),
        (_WRITE_AGAIN, situation.to_write_again),
    )
    return [replace(action, lacks=lacks) for action, letters in wanted if letters]


def _wait(situation: Situation) -> NextAction:
    verb, why, text = _WAITING[situation.waiting_on]
    lacks = situation.requested if situation.waiting_on == "seller" else situation.open_handoffs
    return NextAction(verb=verb, why=why, why_text=text, lacks=lacks)


def _called_for(playbook: Playbook, situation: Situation) -> list[NextAction]:
    return [
        NextAction(
            verb=row.verb,
            why=row.why,
            why_text=row.text,
            lacks=_all_lacks(playbook, situation, row),
            team=row.team,
        )
        for row in playbook.checklist(situation.issue_type).actions
        if _is_called_for(row, situation)
    ]


def _is_called_for(row: ActionRow, situation: Situation) -> bool:
    match row.verb:
        case "claim":
            return not situation.assigned
        case "request_evidence":
            return bool(set(situation.missing) - {*situation.requested, *situation.to_judge})
        case "judge_evidence":
            return bool(situation.to_judge)
        case "hand_off":
            return row.team not in {*situation.open_handoffs, *situation.completed_handoffs}
        case "decide":
            return True


def _all_lacks(playbook: Playbook, situation: Situation, row: ActionRow) -> tuple[str, ...]:
    stopped = row.verb == "hand_off" and situation.routing_frozen
    needs = (lack for need in row.needs for lack in _lacks(playbook, situation, need))
    return (*needs, *_silence(row, situation), *(("arbitration",) if stopped else ()))


def _silence(row: ActionRow, situation: Situation) -> tuple[str, ...]:
    """Name the point that a request waits for, since it would be a letter that says something."""
    point = situation.letters_wait_for if row.verb == "request_evidence" else None
    return (f"checklist.{point}",) if point else ()


def _lacks(playbook: Playbook, situation: Situation, need: Need) -> tuple[str, ...]:
    match need:
        case "assigned":
            return () if situation.assigned else ("assignment",)
        case "checklist_complete":
            return tuple(f"checklist.{item}" for item in open_items(playbook, situation))
        case "handoff_completed":
            return _teams_left(playbook, situation)


def _teams_left(playbook: Playbook, situation: Situation) -> tuple[str, ...]:
    teams = (row.team for row in playbook.checklist(situation.issue_type).actions if row.team)
    return tuple(f"handoff.{team}" for team in teams if team not in situation.completed_handoffs)
