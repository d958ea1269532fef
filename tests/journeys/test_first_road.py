"""Scenario E1 and its variant, end to end (api.md §4)."""

from pathlib import Path

import pytest

from stack.story import files
from stack.story.broken_promise import walk_broken_promise
from stack.story.checks import Teller
from stack.story.demo import Stage
from stack.story.ending import check_events, check_trail
from stack.story.first_road import walk


class TestTheFirstRoad:
    @pytest.mark.covers(
        "IN-1", "IN-20", "RT-1", "RT-9", "RT-11", "RT-17", "SC-8", "HO-1", "HO-2", "HO-4", "HO-8",
        "HO-12", "AU-2", "AU-3", "CX-9", "IN-15", "RO-8",
    )  # fmt: skip
    async def test_leads_from_the_filing_to_a_verified_trail(
        self, stage: Stage, teller: Teller, tmp_path: Path
    ) -> None:
        road = stage.road(files.new_filing(), teller)

        await walk(road)
        await check_events(road)
        await check_trail(road, signer_key=stage.stack.keys.signer, folder=tmp_path)

        assert teller.failed == []

    @pytest.mark.covers("ES-1", "ES-2", "ES-6", "ES-11")
    async def test_escalates_a_broken_promise_once(self, stage: Stage, teller: Teller) -> None:
        road = stage.road(files.new_filing("harbour-demo"), teller)

        await walk_broken_promise(road)

        assert teller.failed == []
