"""The development seed and the playbook: every queue has somebody, every team somebody above."""

import pytest
from pydantic import TypeAdapter

from builders_resolution import the_playbook
from playbook.policies import Queue
from router.domain.work import Member, Work, what_member_lacks
from stack.seed import members_file

MEMBERS = TypeAdapter(list[Member]).validate_json(members_file())
QUEUES = the_playbook().teams.queues
PARTNERS = [team.id for team in the_playbook().teams.teams if team.kind == "partner"]


def who_may_take(queue: Queue, marketplace: str) -> list[str]:
    work = Work(
        marketplace=marketplace,
        teams=(queue.team, queue.secondary),
        skills=queue.skills,
        clearance=queue.clearance,
    )
    return [one.login for one in MEMBERS if not what_member_lacks(one, work, load=0)]


class TestSeed:
    @pytest.mark.covers("OW-1")
    @pytest.mark.parametrize("marketplace", ["harbour", "harbour-demo"])
    @pytest.mark.parametrize("queue", [pytest.param(one, id=one.id) for one in QUEUES])
    def test_has_somebody_who_may_take_from_a_queue(self, queue: Queue, marketplace: str) -> None:
        assert who_may_take(queue, marketplace)

    @pytest.mark.parametrize("queue", [pytest.param(one, id=one.id) for one in QUEUES])
    def test_has_a_supervisor_and_a_senior_for_whoever_leads_a_queue(self, queue: Queue) -> None:
        roles = {role for one in MEMBERS if queue.team in one.teams for role in one.roles}

        assert roles >= {"supervisor", "senior_agent"}

    @pytest.mark.parametrize("team", PARTNERS)
    def test_has_a_desk_for_a_partner_team(self, team: str) -> None:
        assert [one for one in MEMBERS if one.teams == (team,) and "partner" in one.roles]
