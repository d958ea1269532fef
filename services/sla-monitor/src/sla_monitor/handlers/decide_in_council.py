"""The council looks at a case: its members vote, and one of them says what was decided."""

from dataclasses import dataclass

from chassis import views
from chassis.door import Tx
from chassis.outbox import announce
from contracts.council import CouncilDecided, CouncilVoted
from contracts.sealed import SealedValue
from playbook.model import Playbook
from sla_monitor.domain.climbing import check_code
from sla_monitor.domain.council import Decision, Vote, check_votes, council_of
from sla_monitor.domain.escalations import Escalation, EscalationOver
from sla_monitor.domain.following import Rules
from sla_monitor.handlers.resolve_escalation import end_by_council
from sla_monitor.store import council_decisions, council_votes


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakInCouncil:
    """A member votes, or says what was decided. `reasons` are of the list council_reason."""

    escalation: Escalation
    member: str
    outcome: str
    reasons: tuple[str, ...]
    note: SealedValue | None = None


async def vote_in_council(tx: Tx, command: SpeakInCouncil, *, rules: Rules) -> None:
    """
    Keep a member's vote until it is decided; the same vote again changes nothing.

    Raises:
        EscalationNotFound: It is none of the council's.
        EscalationOver: It has ended.
        CodeUnknown: Outcome or reason are none of the playbook's.
    """
    escalation = command.escalation
    _check(command, rules.playbook(escalation.playbook))
    votes = (await council_votes.list_for(tx, [escalation]))[escalation.escalation_id]
    said = {vote.member: (vote.outcome, vote.reasons) for vote in votes}
    if said.get(command.member) == (command.outcome, command.reasons):
        return
    if not escalation.is_open:
        raise EscalationOver(escalation.escalation_id)

    vote = Vote(
        member=command.member, outcome=command.outcome, reasons=command.reasons, voted_at=tx.now
    )
    await council_votes.put(tx, escalation, vote)
    views.touch(tx.views[escalation.case_id])

    voted = CouncilVoted(
        escalation=escalation.escalation_id,
        member=vote.member,
        outcome=vote.outcome,
        reasons=vote.reasons,
    )
    announce(tx, voted, subject=escalation.case_id)


async def decide_in_council(tx: Tx, command: SpeakInCouncil, *, rules: Rules) -> Escalation:
    """
    Record what the council decided, and end its escalation. Decided once, it stands.

    Raises:
        EscalationNotFound: It is none of the council's.
        EscalationOver: It has ended, or was decided already.
        CodeUnknown: Outcome or reason are none of the playbook's.
        NoQuorum: Too few have voted.
        NoMajority: Not more than half of the votes are for it.
    """
    escalation, playbook = command.escalation, rules.playbook(command.escalation.playbook)
    _check(command, playbook)
    quorum = council_of(playbook, escalation).quorum
    if not escalation.is_open:
        raise EscalationOver(escalation.escalation_id)
    votes = (await council_votes.list_for(tx, [escalation]))[escalation.escalation_id]
    agreed = check_votes(votes, outcome=command.outcome, quorum=quorum)

    decision = Decision(
        outcome=command.outcome,
        reasons=command.reasons,
        decided_by=command.member,
        decided_at=tx.now,
    )
    await council_decisions.add(tx, escalation, decision)

    decided = CouncilDecided(
        escalation=escalation.escalation_id,
        outcome=decision.outcome,
        reasons=decision.reasons,
        agreed=agreed,
        dissented=tuple(sorted({vote.member for vote in votes} - {*agreed})),
        quorum=quorum,
        note=command.note,
    )
    announce(tx, decided, subject=escalation.case_id)
    return await end_by_council(tx, escalation)


def _check(command: SpeakInCouncil, playbook: Playbook) -> None:
    council_of(playbook, command.escalation)
    codes = playbook.codes
    check_code(command.outcome, codes.council_outcome, of="council_outcome", at="/outcome")
    for index, reason in enumerate(command.reasons):
        check_code(reason, codes.council_reason, of="council_reason", at=f"/reasons/{index}")
