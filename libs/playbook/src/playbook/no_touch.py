"""Which cases end without a person, by the playbook's own rows; and which never do."""

from dataclasses import dataclass
from typing import Final

from playbook.columns import Inputs
from playbook.compiled import compiled
from playbook.model import Playbook
from playbook.policies import NoTouch
from playbook.tables import Predicate

LOWEST: Final = "low"
_SILENT: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """How much a case weighs, as it was classified. `signals`: financial, legal and safety."""

    issue_type: str
    severity: str
    authority_level: int
    signals: tuple[str, ...]
    policy_conflict: bool


def find_no_touch(playbook: Playbook, weight: Weight, seen: Inputs) -> NoTouch | None:
    """
    Find the row by which a case needs no person; `seen` is the case as it was filed.

    None for whatever weighs anything, asks for more authority than its type does by itself, or is
    of a type in which a person always decides, whatever the rows say.
    """
    known = playbook.issue_type(weight.issue_type)
    if known is None or not known.no_touch or _weighs(playbook, weight):
        return None
    row = compiled(playbook).no_touch[known.code].first(seen)
    return None if row is None else known.no_touch[row]


def explain_no_touch(
    playbook: Playbook, issue_type: str, row: NoTouch, seen: Inputs
) -> tuple[Predicate, ...]:
    """Say what of a case made a row hold, with the values seen."""
    known = playbook.issue_type(issue_type)
    if known is None or row not in known.no_touch:
        return ()
    return compiled(playbook).no_touch[issue_type].look_at(known.no_touch.index(row), seen)


def _weighs(playbook: Playbook, weight: Weight) -> bool:
    known = playbook.issue_type(weight.issue_type)
    return (
        weight.severity != LOWEST
        or weight.policy_conflict
        or any(signal != _SILENT for signal in weight.signals)
        or weight.issue_type in playbook.guardrails.human_decides
        or (known is not None and weight.authority_level > known.authority_level)
    )
