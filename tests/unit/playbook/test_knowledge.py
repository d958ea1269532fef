from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from playbook.cli import app
from playbook.knowledge import articles_for, find_article
from playbook.load import PlaybookInvalid, load_playbook, load_reviewed
from playbook.model import Playbook
from small_playbook import Spoil

ENGLISH = "knowledge/en/fix_a_listing.md"
ELSE = "en, which others fall back to"
GERMAN = "knowledge/de/fix_a_listing.md"


class TestArticlesFor:
    @pytest.mark.parametrize("language", ["de", "de-AT", "DE"])
    def test_gives_an_article_in_the_language_asked_for(
        self, small: Playbook, language: str
    ) -> None:
        (found,) = articles_for(small, "listing_suppression", language)

        assert found.article.title == "So reparieren Sie ein Angebot"
        assert (found.asked, found.got, found.is_translated) == ("de", "de", True)

    def test_says_when_it_comes_in_english_instead(self, small: Playbook) -> None:
        (found,) = articles_for(small, "listing_suppression", "pl")

        assert found.article.body.startswith("Open the listing")
        assert (found.asked, found.got, found.is_translated) == ("pl", "en", False)

    def test_gives_none_for_a_type_without(self, small: Playbook) -> None:
        assert articles_for(small, "feature_request", "en") == ()


class TestFindArticle:
    def test_finds_one_by_its_name(self, small: Playbook) -> None:
        found = find_article(small, "fix_a_listing", "de")

        assert found is not None
        assert found.article.pin == "fix_a_listing@1"
        assert find_article(small, "mend_a_listing", "de") is None


class TestCheckKnowledge:
    @pytest.mark.parametrize(
        ("file", "old", "new", "line"),
        [
            (GERMAN, "article: fix", "article: mend", "2:1: expected the file's own name, fix_a"),
            (GERMAN, "version: 1", "version: 1\nlanguage: fr", "4:1: expected the folder's langu"),
            (GERMAN, "owner: care", "owner: nobody", "5:1: expected a known team (brands, care)"),
            (GERMAN, "[listing_sup", "[sup", "4:15: expected a known issue type ("),
            (GERMAN, "title: So rep", "name: So rep", "2:1: expected `title`, found nothing"),
            (ENGLISH, "article: fix", "article: mend", "2:1: expected the file's own name, fix_a"),
        ],
    )
    def test_names_what_does_not_fit(
        self, spoil: Spoil, file: str, old: str, new: str, line: str
    ) -> None:
        problems = spoil(file, old, new)

        assert any(one.startswith(f"{file}:{line}") for one in problems), problems

    def test_wants_every_article_in_english(self, small_folder: Path) -> None:
        (small_folder / ENGLISH).unlink()

        with pytest.raises(PlaybookInvalid) as caught:
            load_playbook(small_folder)

        assert caught.value.problems == (
            f"{GERMAN}:2:1: expected the same article in knowledge/{ELSE}, found none",
        )

    def test_wants_a_folder_for_a_language(self, small_folder: Path) -> None:
        (small_folder / "knowledge/de").rename(small_folder / "knowledge/xx")

        with pytest.raises(PlaybookInvalid) as caught:
            load_playbook(small_folder)

        assert caught.value.problems == (
            "knowledge/xx/fix_a_listing.md:2:1: expected a known language (de, en), found xx",
        )

    def test_tells_an_article_past_its_review_date(self, small_folder: Path) -> None:
        with pytest.raises(PlaybookInvalid) as caught:
            load_reviewed(small_folder, date(2027, 5, 2))

        line = "6:1: expected a review date that is still to come, found 2027-05-01"
        assert f"{ENGLISH}:{line}" in caught.value.problems


class TestGaps:
    def test_are_told_by_lint_and_no_fault(self, small_folder: Path) -> None:
        (small_folder / GERMAN).unlink()

        found = CliRunner().invoke(app, ["lint", str(small_folder), "--on", "2026-11-23"])

        assert found.exit_code == 0
        assert f"{ENGLISH}:1:1: note: not written in de" in found.output
