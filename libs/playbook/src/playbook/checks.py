"""What the files of a playbook must say together: every name that one uses, another defines."""

from collections.abc import Iterator

from playbook.documents import Finding
from playbook.model import Playbook
from playbook.sources import Sources


def check_together(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Find everything that does not fit between files, each with its place."""
    yield from ()
