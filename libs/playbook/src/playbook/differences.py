"""What a change of playbook does to cases, told in words."""

from collections.abc import Iterator

from playbook.columns import in_words, show
from playbook.compare import changed_examples, moved_cases, only_in
from playbook.coverage import Witness
from playbook.model import Playbook


def tell_differences(old: Playbook, new: Playbook) -> Iterator[str]:
    """
    Tell which cases would go elsewhere, and which golden cases come out otherwise.

    Raises:
        TooWide: A column names too many codes together to look at all sets of them.
    """
    yield from (f"{code}: no longer there; its cases go to triage" for code in only_in(old, new))
    yield from (f"{code}: new" for code in only_in(new, old))
    for one in moved_cases(old, new):
        yield (
            f"{one.issue_type}: from {one.queue_before} ({one.rule_before}) to "
            f"{one.queue_after} ({one.rule_after}), for instance {_say(one.example)}"
        )
    for changed in changed_examples(old, new):
        yield f"golden {changed.name}: was {changed.before}; now {changed.after}"


def _say(example: Witness) -> str:
    told = (
        f"{name} {' + '.join(map(in_words, show(seen))) or 'absent'}"
        for name, seen in example.items()
    )
    return ", ".join(told) or "every case"
