"""Put the SLA monitor together. The only place that reads settings and files."""

import asyncio

from chassis import service
from chassis.http import Check
from chassis.service import Service
from playbook.load import load_all
from sla_monitor.api.clocks import router as clocks
from sla_monitor.api.council import router as council
from sla_monitor.api.escalations import router as escalations
from sla_monitor.api.firing import router as firing
from sla_monitor.api.problems import PROBLEMS
from sla_monitor.clock import auditing_duty, fire_again, firing_duty, release
from sla_monitor.consumers import sla_consumer
from sla_monitor.domain.following import Rules
from sla_monitor.handlers.watch_firing import Watch
from sla_monitor.settings import Settings
from sla_monitor.store.clocks import name_clock


def build(settings: Settings) -> Service:
    """Say what the SLA monitor is made of."""
    rules = Rules(playbooks=load_all(settings.playbooks), name=name_clock)
    due, watch = asyncio.Event(), Watch()
    return Service(
        name="sla-monitor",
        package="sla_monitor",
        title="SLA monitor",
        summary="What was promised until when, what broke, and who looks then.",
        routers=(clocks, escalations, council, firing),
        problems=PROBLEMS,
        consumers=(sla_consumer(rules, wake=due.set),),
        duties=(firing_duty(rules, wake=due), auditing_duty(watch)),
        state={"rules": rules},
        commands={"release": release, "fire-again": fire_again},
        checks={"clocks": Check(ask=watch.ask, required=False)},
    )


def main() -> None:
    service.main(build, Settings)
