"""Put the router together. The only place that reads settings and files."""

from chassis import service
from chassis.service import Service
from playbook.load import load_all
from router.api import ROUTERS
from router.api.problems import PROBLEMS
from router.consumers import router_consumer
from router.settings import Settings


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
        duties=(),
        state={"playbooks": playbooks},
    )


def main() -> None:
    service.main(build, Settings)
