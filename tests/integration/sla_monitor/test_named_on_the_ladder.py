"""A rung of a ladder may name the person who is always called, on a real PostgreSQL."""

import pytest

from builders_sla_monitor import (
    DEMO,
    JONAS,
    OPENED,
    SOFIA,
    World,
    enrolled,
    the_playbook,
    the_rules,
)
from conftest import EngineFor
from playbook.model import Playbook
from sla_monitor.domain.following import Rules


def naming(member: str) -> Rules:
    """Return the rules with this member on each rung of each ladder, for the demonstration."""
    known = the_playbook()
    ladders = [
        ladder.model_copy(
            update={
                "rungs": tuple(
                    rung.model_copy(update={"members": {DEMO: member}}) for rung in ladder.rungs
                )
            }
        )
        for ladder in known.escalation.ladders
    ]
    escalation = known.escalation.model_copy(update={"ladders": tuple(ladders)})
    book: Playbook = known.model_copy(update={"escalation": escalation})
    return Rules(playbooks={book.pin: book}, name=the_rules().name)


async def called(world: World) -> str:
    """Let a resolution be late, with two seniors who could look; return whom that calls."""
    await world.enrol(enrolled(JONAS, "senior_agent"), enrolled(SOFIA, "senior_agent"))
    await world.hear(*OPENED)
    await world.read_to(8)
    await world.fire()
    [raised] = await world.said("escalation.raised")
    return str(raised.fact["target_member"])


class TestARung:
    @pytest.mark.parametrize("named", [JONAS, SOFIA])
    async def test_calls_the_person_whom_it_names(self, named: str, engine_for: EngineFor) -> None:
        """It was looked up by role whatever the ladder said."""
        world = World(await engine_for("sla_monitor"), rules=naming(named))

        assert await called(world) == named

    @pytest.mark.parametrize("named", ["jonas", "mem_01arz3ndektsv4rrffq69g5fav"])
    async def test_goes_by_the_role_where_it_names_nobody_who_works_there(
        self, named: str, engine_for: EngineFor
    ) -> None:
        world = World(await engine_for("sla_monitor"), rules=naming(named))

        assert await called(world) in {JONAS, SOFIA}
