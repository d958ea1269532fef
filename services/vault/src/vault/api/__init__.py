"""Door 1: what the vault is asked over HTTP."""

from fastapi import APIRouter

from vault.api import erasures, keys, openings

ROUTERS: tuple[APIRouter, ...] = (keys.router, openings.router, erasures.router)
