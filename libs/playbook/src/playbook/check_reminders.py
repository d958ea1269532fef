"""Checks of reminders: the letters that a clock sends with nobody there to fill them in."""

from collections.abc import Iterator

from playbook.clock_rules import ClockRule
from playbook.documents import Finding, Path
from playbook.letters import OF_A_REMINDER, OF_ASKING_AGAIN, is_for
from playbook.model import ANY_OTHER, Playbook
from playbook.sources import Sources, need


def check_reminders(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Each names a letter for its type, which needs nothing that a person would have to say."""
    file = sources.file("sla")
    types = [ANY_OTHER, *(known.code for known in playbook.taxonomy.issue_types)]
    for index, rule in enumerate(playbook.sla.clocks):
        for issue_type, template in rule.reminds.items():
            path: Path = ("clocks", index, "reminds", issue_type)
            yield from need(file, path, issue_type, types, "issue type")
            fitting = [one.id for one in playbook.templates if is_for(one, issue_type)]
            yield from need(file, path, template, fitting, "letter for this type")
            for name in _too_much(playbook, rule, template):
                known = ", ".join(sorted(_filled_in(rule)))
                yield Finding(file, path, f"a letter that needs only {known}", name)


def _too_much(playbook: Playbook, rule: ClockRule, template: str) -> list[str]:
    needed = {name for one in playbook.templates if one.id == template for name in one.parameters}
    return sorted(needed - _filled_in(rule))


def _filled_in(rule: ClockRule) -> frozenset[str]:
    of_facts = rule.deadline is not None and rule.deadline.put_off
    return OF_ASKING_AGAIN if of_facts else OF_A_REMINDER
