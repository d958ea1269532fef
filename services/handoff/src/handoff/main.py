"""Put handoff together. The only place that reads settings and files."""

from chassis import service
from chassis.service import Service
from handoff.api import ROUTERS
from handoff.api.problems import PROBLEMS
from handoff.consumers import handoff_consumer
from handoff.settings import Settings
from playbook.load import load_all


def build(settings: Settings) -> Service:
    """Say what handoff is made of."""
    playbooks = load_all(settings.playbooks)
    return Service(
        name="handoff",
        package="handoff",
        title="Handoff",
        summary="Handing a case to a partner team, under a contract that it can refuse.",
        routers=ROUTERS,
        problems=PROBLEMS,
        consumers=(handoff_consumer(playbooks),),
        duties=(),
        state={"playbooks": playbooks},
    )


def main() -> None:
    service.main(build, Settings)
