"""That the core's golden cases leave nothing out: no row, no type, no region, no language."""

from collections.abc import Iterable

import pytest

from contracts.catalogue import PARTNER_TEAMS
from playbook.compiled import compiled
from playbook.judgement import Judgement, judge
from playbook.model import Playbook


@pytest.fixture(scope="module")
def judged(playbook: Playbook) -> tuple[Judgement, ...]:
    return tuple(judge(playbook, one.case) for one in playbook.examples)


def rules(judged: Iterable[Judgement]) -> set[str]:
    return {one.route.rule for one in judged if one.route}


class TestGoldenCases:
    def test_are_at_least_150(self, playbook: Playbook) -> None:
        assert len(playbook.examples) >= 150

    @pytest.mark.covers("RT-3")
    def test_take_every_row_of_the_routing_tables(
        self, playbook: Playbook, judged: tuple[Judgement, ...]
    ) -> None:
        routes = (*compiled(playbook).routes, compiled(playbook).otherwise)
        rows = {row.rule for route in routes for row in route.rows}

        assert rows - rules(judged) == set()

    @pytest.mark.covers("IN-2")
    def test_are_of_every_type(self, playbook: Playbook, judged: tuple[Judgement, ...]) -> None:
        types = {known.code for known in playbook.taxonomy.issue_types}

        assert types - {one.seen.issue_type for one in judged} == set()

    @pytest.mark.covers("RG-1")
    def test_come_from_every_region_and_in_every_language(self, playbook: Playbook) -> None:
        regions = {one.region for one in playbook.regions if not one.demonstration}
        filed = [one.case for one in playbook.examples]

        assert regions - {case.region for case in filed} == set()
        assert set(playbook.card.locales) - {case.language for case in filed} == set()

    def test_speak_every_cue_in_every_language(self, playbook: Playbook) -> None:
        heard = {
            (cue, one.case.language)
            for one in playbook.examples
            for cue in judge(playbook, one.case).case.cues
        }
        phrased = {(cue.id, language) for cue in playbook.taxonomy.cues for language in cue.phrases}

        assert phrased - heard == set()
        assert {language for _, language in phrased} == set(playbook.card.locales)

    def test_reach_every_queue(self, playbook: Playbook, judged: tuple[Judgement, ...]) -> None:
        assert {queue.id for queue in playbook.teams.queues} == {one.queue for one in judged}


class TestContracts:
    @pytest.mark.covers("HO-2", "HO-12")
    def test_are_with_the_teams_that_have_a_topic(self, playbook: Playbook) -> None:
        assert {one.team for one in playbook.handoffs} == set(PARTNER_TEAMS)
