import pytest

from playbook.model import Playbook
from playbook.templates import find_template

SAID_BY_US = {
    "missing",
    "reply_by",
    "update_by",
    "expected_by",
    "appeal_by",
    "reasons",
    "outcome",
    "answers",
}
"""What is filled in without anybody being asked: dates, what lacks, what was decided."""
CHOSEN = {"identifier?", "integer?", "codes?", "differences?", "article"}
"""What may be left out, and the article that whoever answers a question picks."""


class TestLettersOfEachType:
    @pytest.mark.covers("SC-4", "SC-5")
    def test_want_nothing_that_a_case_may_lack(self, playbook: Playbook) -> None:
        wanting = [
            (known.code, template.id, name)
            for known in playbook.taxonomy.issue_types
            for role, chosen in playbook.templates_for(known.code)
            .model_dump(exclude_none=True)
            .items()
            if role != "update"
            for template in [find_template(playbook, chosen, language="en", region="UK")]
            for name, kind in template.parameters.items()
            if name not in SAID_BY_US and kind not in CHOSEN
            if not ((fact := known.fact(name)) and fact.required)
        ]

        assert wanting == []

    @pytest.mark.covers("SC-19", "RG-6")
    def test_have_words_for_every_outcome_and_reason_in_every_language(
        self, playbook: Playbook
    ) -> None:
        types = [known.code for known in playbook.taxonomy.issue_types]
        decisions = [one for code in types for one in playbook.decision_types(code)]
        codes = {outcome.code for one in decisions for outcome in one.outcomes}
        reasons = {reason for one in decisions for reason in one.reasons}
        silent = {"released", "partly_released", "refused"}
        texts, spoken = playbook.card.texts, set(playbook.card.locales)

        assert codes - set(texts) == silent, "only payout letters say the outcome themselves"
        assert all(set(texts[code].root) == spoken for code in (codes - silent) | reasons)

    def test_use_the_apostrophe_of_french(self, playbook: Playbook) -> None:
        french = [one for one in playbook.templates if one.language == "fr"]

        assert french
        assert [one.id for one in french if "'" in one.subject + one.body] == []
