import pytest

from playbook.model import Playbook
from playbook.templates import ParametersInvalid, find_template, render

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
CHOSEN = {"identifier?", "integer?", "code?", "codes?", "differences?", "article"}
"""What may be left out, and the article that whoever answers a question picks."""


NOTICE = {
    "named_policy": "content",
    "named_field": "bullet",
    "update_by": "2026-11-24T12:00:00Z",
}
WORDS = {
    "en": "“antibacterial”.",
    "de": "„antibakteriell“ (englisch „antibacterial“).",
    "fr": "« antibactérien » (en anglais « antibacterial »).",
    "es": "«antibacteriano» (en inglés «antibacterial»).",
    "pl": "„antybakteryjny” (po angielsku „antibacterial”).",
}


def fix(playbook: Playbook, language: str, **more: str) -> str:
    return render(
        playbook,
        "listing_suppression.fix",
        language=language,
        region="UK",
        parameters=NOTICE | more,
    ).body


class TestListingFix:
    @pytest.mark.parametrize("language", WORDS)
    def test_names_the_wording_that_the_notice_names(
        self, playbook: Playbook, language: str
    ) -> None:
        body = fix(playbook, language, named_word="word_antibacterial")

        assert WORDS[language] in body

    @pytest.mark.parametrize("language", WORDS)
    def test_names_none_where_the_notice_names_none(
        self, playbook: Playbook, language: str
    ) -> None:
        named = fix(playbook, language, named_word="word_antibacterial").splitlines()
        bare = fix(playbook, language).splitlines()

        [(long, short)] = [pair for pair in zip(named, bare, strict=True) if pair[0] != pair[1]]
        assert short == f"{long.partition(',')[0]}."

    def test_takes_no_word_that_the_playbook_does_not_list(self, playbook: Playbook) -> None:
        with pytest.raises(ParametersInvalid):
            fix(playbook, "en", named_word="Anna Kowalska")


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
