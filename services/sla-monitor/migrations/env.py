"""How alembic meets the database: the chassis knows."""

from chassis.migrate import run_env

run_env()
