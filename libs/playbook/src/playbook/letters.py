"""Which letter a case is answered with: by its type, and by what is missing."""

from collections.abc import Collection

from playbook.assets import Template
from playbook.model import ANY_OTHER, Playbook
from playbook.templates import parameters

MISSING = "missing"
"""The parameter by which a letter lists what is missing."""
OPEN_FACTS = "open_facts"
"""The parameter by which a letter asks again for facts that were put off."""
OF_A_REMINDER = frozenset({MISSING, "reply_by", "update_by", "expected_by"})
"""What a letter may say that goes out with nobody to fill in the rest."""
OF_ASKING_AGAIN = frozenset({OPEN_FACTS, "update_by", "expected_by"})
"""The same, where facts are asked for again."""


def first_letter(playbook: Playbook, issue_type: str, missing: Collection[str]) -> str:
    """Name the first letter in substance: the one that asks, where the playbook asks by itself."""
    known = playbook.issue_type(issue_type)
    asks = missing and known is not None and "request_missing_evidence" in known.automatic
    asking = request_letter(playbook, issue_type, answered=False) if asks else None
    return asking or playbook.templates_for(issue_type).first_response


def request_letter(playbook: Playbook, issue_type: str, *, answered: bool) -> str | None:
    """
    Choose the letter that asks for documents, if there is one.

    The type's first response if it was not written yet and asks for what is missing, else a
    request of its own.
    """
    first = playbook.templates_for(issue_type).first_response
    if not answered and MISSING in parameters(playbook, first):
        return first
    return find_letter(playbook, issue_type, "evidence_request")


def reminder(playbook: Playbook, clock: str, issue_type: str) -> str | None:
    """Name the letter that a step of a clock sends to a seller who still owes papers, if any."""
    rules = (rule for rule in playbook.sla.clocks if rule.kind == clock)
    reminds = next((rule.reminds for rule in rules), {})
    return reminds.get(issue_type) or reminds.get(ANY_OTHER)


def find_letter(playbook: Playbook, issue_type: str, kind: str) -> str | None:
    """Find the newest letter of a kind, one written for the issue type before a general one."""
    fitting = [one for one in playbook.templates if one.kind == kind and is_for(one, issue_type)]
    best = max(fitting, key=lambda one: (bool(one.issue_types), one.version), default=None)
    return best.id if best else None


def is_for(template: Template, issue_type: str) -> bool:
    """Say whether a letter may be used in cases of an issue type: never across types."""
    return not template.issue_types or issue_type in template.issue_types
