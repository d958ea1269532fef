"""How alembic runs here: on the connection that it is given."""

from chassis.migrate import run_env

run_env()
