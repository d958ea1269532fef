"""How long bodies are kept follows from the playbooks."""

from datetime import timedelta
from pathlib import Path

from audit.domain.retention import AUDIT_EVENT, CASE, MESSAGE, Rule, rules_of
from playbook.load import load_all
from playbook.model import Playbook

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"


def a_version(days: int) -> Playbook:
    """Return the playbook with another time for cases."""
    (playbook,) = load_all(PLAYBOOKS).values()
    rows = tuple(
        row.model_copy(update={"keep": timedelta(days=days)}) if row.what == CASE else row
        for row in playbook.retention.rows
    )
    return playbook.model_copy(
        update={"retention": playbook.retention.model_copy(update={"rows": rows})}
    )


class TestRulesOf:
    def test_says_one_of_each_class_that_the_log_has_for_each_marketplace(self) -> None:
        rules = rules_of(load_all(PLAYBOOKS).values())

        harbour = {rule.what: rule.keep for rule in rules if rule.marketplace == "harbour"}
        assert harbour == {
            CASE: timedelta(days=2190),
            MESSAGE: timedelta(days=2190),
            AUDIT_EVENT: timedelta(days=3650),
        }

    def test_keeps_for_the_longest_of_several_versions(self) -> None:
        rules = rules_of([a_version(10), a_version(30), a_version(20)])

        assert Rule(marketplace="harbour", what=CASE, keep=timedelta(days=30)) in rules

    def test_says_nothing_without_playbooks(self) -> None:
        assert rules_of([]) == []
