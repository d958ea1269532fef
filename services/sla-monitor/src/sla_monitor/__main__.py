"""Run the SLA monitor: `python -m sla_monitor serve | migrate | openapi | release`."""

from sla_monitor.main import main

if __name__ == "__main__":
    main()
