"""Door 1: what people and front-ends ask of resolution. A file a resource."""

from resolution.api import cases, decisions, evidence, incidents, letters, messages

ROUTERS = (
    cases.router,
    evidence.router,
    messages.router,
    letters.router,
    decisions.router,
    incidents.router,
)
