"""A person says what a case is about."""

from chassis.door import Tx
from chassis.problems import FieldError, Invalid, NotAllowedNow
from playbook.classify import confirm
from playbook.model import Playbook
from router.domain.work import ClassifyCase, facts_of
from router.handlers.check_reason import find_unknown
from router.handlers.say_route import say_route


async def classify_case(command: ClassifyCase, *, tx: Tx, playbook: Playbook) -> None:
    """
    Classify and route a case that waits in triage.

    Raises:
        Invalid: The playbook knows no such type or reason.
        NotAllowedNow: The case is not in triage.
    """
    state = tx.views[command.case_id].state

    check_words(command, playbook)
    if state.status != "triage":
        raise NotAllowedNow(status=state.status, allowed=[])
    facts = facts_of(state, at=tx.now.date())
    found = confirm(playbook, facts, issue_type=command.issue_type)

    await say_route(state, found, facts=facts, tx=tx, playbook=playbook, reason=command.reason)


def check_words(command: ClassifyCase, playbook: Playbook) -> None:
    """
    Hold type and reason to the playbook's lists.

    Raises:
        Invalid: The playbook knows no such type or reason.
    """
    errors = []
    if playbook.issue_type(command.issue_type) is None:
        known = ", ".join(one.code for one in playbook.taxonomy.issue_types)
        errors.append(FieldError("/issue_type", "unknown-code", f"One of issue_types: {known}."))
    reasons = playbook.codes.classification
    errors.extend(find_unknown(command.reason, reasons, of="classification"))
    if errors:
        raise Invalid(tuple(errors))
