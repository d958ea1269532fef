import pytest

from playbook.model import Playbook
from playbook.signals import read_text


class TestReadText:
    def test_takes_cues_and_language_of_a_filing(self, playbook: Playbook) -> None:
        signals = read_text(
            playbook,
            subject="Payout paused",
            description="My payout was paused on Monday. I need it by Friday.",
        )

        assert signals.cues == ("payout_paused",)
        assert signals.language == "en"
        assert signals.playbook == "marketplace-core@1.0.0"

    @pytest.mark.parametrize(
        ("text", "cues", "language"),
        [
            ("Meine AUSZAHLUNG ist gesperrt, und ich brauche das Geld", ("payout_paused",), "de"),
            ("Payout\n on - hold! My lawyer knows.", ("payout_paused", "legal_threat"), "en"),
            ("payouts paused", (), "und"),
            ("the und", (), "und"),
            ("", (), "und"),
        ],
    )
    def test_matches_whole_words_in_order(
        self, playbook: Playbook, text: str, cues: tuple[str, ...], language: str
    ) -> None:
        signals = read_text(playbook, subject="", description=text)

        assert (signals.cues, signals.language) == (cues, language)

    def test_does_not_join_the_subject_with_the_description(self, playbook: Playbook) -> None:
        assert read_text(playbook, subject="payout", description="paused").cues == ()

    def test_never_repeats_a_word_of_the_text(self, playbook: Playbook) -> None:
        signals = read_text(playbook, subject="canary-7f3", description="my lawyer canary-7f3")

        assert "canary" not in str(signals)
