"""Door 1: what people and front-ends ask of resolution. A file a resource."""

from resolution.api import (
    answers,
    appeals,
    cases,
    decisions,
    evidence,
    gaps,
    incidents,
    invalidations,
    letters,
    messages,
    recontacts,
)

ROUTERS = (
    cases.router,
    evidence.router,
    answers.router,
    messages.router,
    letters.router,
    decisions.router,
    appeals.router,
    invalidations.router,
    recontacts.router,
    gaps.router,
    incidents.router,
)
