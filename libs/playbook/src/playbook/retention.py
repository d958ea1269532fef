"""How long things are kept."""

from playbook.closed import Closed, Code, Duration


class RetentionRow(Closed):
    """How long something is kept, and why."""

    what: Code
    keep: Duration
    basis: Code


class Retention(Closed):
    """The content of `retention.yaml`."""

    rows: tuple[RetentionRow, ...]
