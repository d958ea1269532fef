"""What lint mentions and nobody has to mend: a playbook with notes is sound."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from playbook.closed import DEFAULT_LANGUAGE
from playbook.knowledge import gaps
from playbook.model import Playbook

_CARD: Final = "playbook.yaml:1:1: note"


def sound(playbook: Playbook) -> str:
    """Say that all is well, and how much there is of it."""
    return (
        f"{playbook.pin} is sound: {len(playbook.taxonomy.issue_types)} issue types, "
        f"{len(playbook.routing.tables)} routing tables, {len(playbook.templates)} templates, "
        f"{len(playbook.trees)} trees, {len(playbook.examples)} golden cases"
    )


def notes(playbook: Playbook) -> Iterator[str]:
    """Tell of a version that the changelog does not explain, and of articles to translate."""
    card = playbook.card
    if card.version not in {release.version for release in card.changelog}:
        yield f"{_CARD}: the changelog says nothing of version {card.version}"
    elif (newest := max(card.changelog, key=lambda one: one.on).version) != card.version:
        yield f"{_CARD}: the newest version of the changelog is {newest}, not {card.version}"
    for article, lacking in groupby(gaps(playbook), key=lambda gap: gap.article):
        languages = ", ".join(gap.language for gap in lacking)
        yield (
            f"knowledge/{DEFAULT_LANGUAGE}/{article}.md:1:1: note: not written in {languages}; "
            "who reads these gets English"
        )
