"""The pages for whoever writes playbooks: followed to the letter, each leads where it says."""

from pathlib import Path

import pytest

from how_to import ROOT, Reader, blocks
from playbook.load import load_playbook

DOCS = ROOT / "docs"
PAGES = (
    "how-to/before-you-begin.md",
    "how-to/write-your-first-playbook.md",
    "how-to/change-a-route.md",
    "how-to/add-an-issue-type.md",
    "how-to/tune-a-region.md",
    "how-to/add-a-partner-team.md",
    "explanation/how-the-playbook-decides.md",
)


CORE = ROOT / "playbooks" / "marketplace-core"
NO_SUCH_ANSWER = "```sh\n.venv/bin/playbook schema\n```\n\n```text\nno such kind\n```\n"
FAILS = "```sh\n.venv/bin/playbook lint /tmp/mine\n```\n"


class TestPage:
    @pytest.mark.covers("GV-9")
    @pytest.mark.parametrize("page", PAGES)
    def test_leads_where_it_says(self, page: str, tmp_path: Path) -> None:
        reader = Reader(folder=tmp_path / "mine")

        reader.follow(DOCS / page)

        assert reader.missed == []
        assert {"sh", "text"} <= {block.kind for block in blocks(DOCS / page)}
        if reader.folder.exists():  # a page that changes something ends with what can be handed in
            assert load_playbook(reader.folder).pin != load_playbook(CORE).pin


class TestReader:
    @pytest.mark.parametrize(
        ("page", "missed"),
        [(NO_SUCH_ANSWER, "no such kind"), (FAILS, ".venv/bin/playbook lint /tmp/mine")],
    )
    def test_tells_what_does_not_come_true(self, page: str, missed: str, tmp_path: Path) -> None:
        (tmp_path / "page.md").write_text(page, encoding="utf-8")
        reader = Reader(folder=tmp_path / "mine")

        reader.follow(tmp_path / "page.md")

        [told] = reader.missed
        assert told.startswith(missed)
