"""`python -m chassis refold`, in the environment of any service that folds cases."""

import asyncio
import sys

from chassis.service import refold, settings_from_environment


def main() -> None:
    """Do the one thing that needs nothing of the service itself."""
    if sys.argv[1:] != ["refold"]:
        raise SystemExit("python -m chassis refold")
    asyncio.run(refold(settings_from_environment()))


main()
