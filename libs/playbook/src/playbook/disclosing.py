"""Which cases letters are silent about until it is proven who reads them."""

from playbook.closed import Code
from playbook.tables import Row


class StepUp(Row):
    """
    Cases of which no letter says anything before it is proven who reads it.

    For cases whose facts, as they were filed, are like `when`: a mailbox may be in other hands.
    """

    point: Code
    """The point of the checklist that proves it: letters speak once it is done. Never waived."""
    letter: Code
    """Goes out by itself meanwhile and says nothing of the case."""
    owner: Code
    """The team that answers for this row."""
