"""Run by alembic: all of it lives in the chassis."""

from chassis.migrate import run_env

run_env()
