"""Door 1: what handoff is asked over HTTP."""

from fastapi import APIRouter

from handoff.api import contracts, handoffs, offers, replies

ROUTERS: tuple[APIRouter, ...] = (
    contracts.router,
    offers.router,
    handoffs.router,
    replies.router,
)
