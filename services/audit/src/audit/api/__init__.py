"""Door 1."""

from fastapi import APIRouter

from audit.api.problems import PROBLEMS

ROUTERS: tuple[APIRouter, ...] = ()

__all__ = ["PROBLEMS", "ROUTERS"]
