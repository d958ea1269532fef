import pytest

from playbook.forms import form, issue_types
from playbook.model import Playbook
from playbook.status import history_text, stage, stage_text, team_name


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "code"),
        [
            ("opened", "received"),
            ("queued", "with_team"),
            ("waiting_seller", "waiting_for_you"),
            ("resolved", "decided"),
            ("a_new_one", "received"),
        ],
    )
    def test_has_a_stage_for_sellers(self, playbook: Playbook, status: str, code: str) -> None:
        assert stage(playbook, status) == code

    def test_speaks_plainly(self, playbook: Playbook) -> None:
        assert stage_text(playbook, "opened", "en") == "We have received your case."
        assert stage_text(playbook, "opened", "de") == "Wir haben Ihren Fall erhalten."
        assert history_text(playbook, "case.opened.v1", "en") == "We received your case."
        assert history_text(playbook, "case.opened", "en") == "We received your case."
        assert history_text(playbook, "note.added.v1", "en") is None

    def test_names_the_team_that_leads(self, playbook: Playbook) -> None:
        assert team_name(playbook, "verification", "en") == "Verification team"
        assert team_name(playbook, "from_tomorrow", "en") == "from_tomorrow"


class TestForm:
    @pytest.mark.covers("IN-6", "IN-5")
    def test_asks_and_says_why(self, playbook: Playbook) -> None:
        asked = form(playbook, "payout_hold", region="UK", language="en")

        assert asked is not None
        assert [field["name"] for field in asked["fields"] if field["required"]] == [
            "payout_ref",
            "amount",
        ]
        assert {item["kind"] for item in asked["evidence"] if item["required"]} == {
            "identity_document",
            "business_registration",
            "proof_of_address",
        }
        assert all(item["why"] for item in asked["evidence"])
        assert asked["typical_duration"].startswith("Two to three working days")

    def test_speaks_the_language_asked_for(self, playbook: Playbook) -> None:
        asked = form(playbook, "listing_error", region="UK", language="de")

        assert asked is not None
        assert asked["name"] == "Fehler in einem Angebot"
        assert asked["typical_duration"] == "Ein Werktag."

    def test_exists_for_known_types_only(self, playbook: Playbook) -> None:
        assert form(playbook, "moon_landing", region="UK", language="en") is None
        assert len(issue_types(playbook, "en")) == 16


class TestPlaybook:
    def test_finds_calendars_by_id_and_pin(self, playbook: Playbook) -> None:
        assert playbook.calendar("support-uk") is playbook.calendar("support-uk@1")
        with pytest.raises(KeyError):
            playbook.calendar("support-uk@9")

    def test_knows_who_may_use_short_clocks(self, playbook: Playbook) -> None:
        assert playbook.patch_for("harbour-demo") == "demo"
        assert playbook.patch_for("harbour") is None
        assert playbook.patch_for("elsewhere") is None

    def test_knows_what_silence_means(self, playbook: Playbook) -> None:
        silence = playbook.silence("payout_hold")

        assert silence is not None
        assert silence.outcome == "no_response"
        assert playbook.silence("chargeback") is None
        assert playbook.silence("moon_landing") is None

    def test_has_a_queue_for_each_road(self, playbook: Playbook) -> None:
        assert playbook.queue("verification") is not None
        assert playbook.queue("nowhere") is None

    def test_has_no_words_for_codes_that_sellers_never_see(self, playbook: Playbook) -> None:
        assert playbook.text("end_of_shift") is None
