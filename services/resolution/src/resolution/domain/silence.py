"""What silence of the seller means: the playbook's rule, and what must still stand for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """How a case ends that the seller did not answer."""

    outcome: str
    root_cause: str
    rule: str
