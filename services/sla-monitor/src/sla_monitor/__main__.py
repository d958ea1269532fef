"""Run the SLA monitor: `python -m sla_monitor serve | migrate | openapi | release`."""

import gc

gc.disable()  # what is loaded stays: chassis.service looks for garbage once all is there

from sla_monitor.main import main  # noqa: E402 - loading is what is not interrupted

if __name__ == "__main__":
    main()
