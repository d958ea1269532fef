"""What sellers live through: for each scenario a golden case says all that must come of it."""

import pytest

from playbook.examples import Example
from playbook.model import Playbook

SCENARIOS = (1, 2, 3, 4, 5, 8, 9, 10, 12, 14, 15, 18, 19, 21, 22, 24, 25, 27, 29)
"""All in which somebody files a case."""
SAID = {"queue", "rule", "severity", "checklist", "first_message", "due"}
CLOCKS = {"first_response", "resolution"}
BY_A_DATE = {22: {"statutory"}, 24: {"bank_answer", "bank_deadline"}}


class TestGoldenCases:
    @pytest.mark.covers("SC-8", "SC-18")
    @pytest.mark.parametrize("number", SCENARIOS)
    def test_say_route_severity_checklist_first_message_and_clocks(
        self, playbook: Playbook, number: int
    ) -> None:
        mine = [one for one in playbook.examples if one.name.startswith(f"e{number}_")]

        assert [one.name for one in mine if _says_all(one, BY_A_DATE.get(number, set()))]

    def test_go_beside_the_trap(self, playbook: Playbook) -> None:
        names = [one.name for one in playbook.examples]

        assert len([name for name in names if "_trap_" in name]) >= 8


def _says_all(example: Example, by_a_date: set[str]) -> bool:
    clocks = set(example.expect.due or {})
    return example.expect.model_fields_set >= SAID and clocks >= CLOCKS | by_a_date
