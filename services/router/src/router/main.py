"""Put the router together. The only place that reads settings and files."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import door, service
from chassis.door import Journey, Pen, Tx
from chassis.service import Service
from playbook.load import load_all
from router.api import ROUTERS
from router.api.problems import PROBLEMS
from router.clock import duties
from router.consumers import router_consumer
from router.domain.work import Member
from router.handlers.enroll_members import enroll_members
from router.settings import Settings

_MEMBERS = TypeAdapter(tuple[Member, ...])


def build(settings: Settings) -> Service:
    """Say what the router is made of."""
    playbooks = load_all(settings.playbooks)
    return Service(
        name="router",
        package="router",
        title="Router",
        summary="What a case is about, where it goes, who has it, and why.",
        routers=ROUTERS,
        problems=PROBLEMS,
        consumers=(router_consumer(playbooks),),
        duties=duties(playbooks),
        state={"playbooks": playbooks},
        commands={"seed": seed},
    )


async def seed(arguments: Sequence[str], /, *, engine: AsyncEngine, pen: Pen) -> None:
    """
    Enrol the members of a JSON file: `python -m router seed FILE`. Again changes nothing.

    Raises:
        ValidationError: The file is no list of members. Nobody is enrolled.
    """
    [file] = arguments
    written = await asyncio.to_thread(Path(file).read_bytes)
    members = _MEMBERS.validate_json(written)

    async def work(tx: Tx) -> int:
        return await enroll_members(members, tx=tx)

    await door.run(engine, work, pen=pen, journey=Journey(actor="service:router"))


def main() -> None:
    service.main(build, Settings)
