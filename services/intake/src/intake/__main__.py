"""Run intake: `python -m intake serve`, `migrate` or `openapi`."""

import gc

gc.disable()  # what is loaded stays: chassis.service looks for garbage once all is there

from intake.main import main  # noqa: E402 - loading is what is not interrupted

main()
