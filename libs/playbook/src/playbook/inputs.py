"""What tables see of a case: codes and amounts, by the names that rows use."""

from collections.abc import Iterator
from datetime import date

from playbook.case import CaseFacts
from playbook.evidence import missing_evidence
from playbook.facts import read_money
from playbook.model import Playbook
from playbook.tables import Inputs, Seen

FILED = frozenset(
    {"claimed_issue_type", "marketplace", "tier", "region", "perspective", "cues", "amount_at_risk"}
)
SIGNALS = frozenset({"financial", "legal", "safety", "policy_conflict", "severity"})
ROUTING = FILED | SIGNALS | {"issue_type", "missing_evidence", "authority_level"}
FACT_PREFIX = "facts."


def filed_inputs(case: CaseFacts) -> dict[str, Seen]:
    """Show a case as it was filed. There is no channel here: it must not decide anything."""
    return {
        "claimed_issue_type": (case.issue_type,) if case.issue_type else (),
        "marketplace": (case.marketplace,),
        "tier": (case.tier,),
        "region": (case.region,),
        "perspective": (case.perspective,),
        "cues": case.cues,
        "amount_at_risk": case.amount_at_risk or (),
        **dict(_facts(case)),
    }


def evidence_inputs(playbook: Playbook, case: CaseFacts, issue_type: str | None) -> Inputs:
    """Show what is missing for a type of issue."""
    missing = missing_evidence(playbook, issue_type or "", case.on_file, case.at)
    return {"issue_type": (issue_type,) if issue_type else (), "missing_evidence": missing}


def _facts(case: CaseFacts) -> Iterator[tuple[str, Seen]]:
    for name, value in case.facts.items():
        yield FACT_PREFIX + name, _seen(value)


def _seen(value: object) -> Seen:
    if isinstance(value, date | int | str):
        return (str(value).lower() if isinstance(value, bool) else str(value),)
    return read_money(value) or ()
