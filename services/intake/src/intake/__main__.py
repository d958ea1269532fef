"""Run intake: `python -m intake serve`, `migrate` or `openapi`."""

from intake.main import main

main()
