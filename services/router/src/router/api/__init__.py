"""Door 1: what the router is asked over HTTP."""

from fastapi import APIRouter

from router.api import assignments, classifications, decisions, members, presence, queues, taking

ROUTERS: tuple[APIRouter, ...] = (
    queues.router,
    taking.router,
    decisions.router,
    classifications.router,
    assignments.router,
    members.router,
    presence.router,
)
