"""A service's own command, run where the service runs: `stack run sla-monitor release`."""

import subprocess
from collections.abc import Sequence

from stack.broken import StackProblem
from stack.services import SERVICES, command_of, database_url, environment_of, service_named
from stack.stacks import Stack

_MIGRATE = "migrate"


def run_errand(stack: Stack, service: str, arguments: Sequence[str]) -> int:
    """
    Run `python -m <service> <arguments>` with the settings of its first process.

    `migrate` alone is also told how to come in as the owner of the database.
    Returns its exit code; it writes to our terminal.

    Raises:
        StackProblem: There is no such service.
    """
    names = [known.name for known in SERVICES]
    if service not in names:
        raise StackProblem(f"There is no service {service}; there are: {', '.join(names)}.")
    known = service_named(service)
    settings = environment_of(known, known.programs[0], layout=stack.layout, keys=stack.keys)
    if _MIGRATE in arguments:
        owner = database_url(known, "owner", layout=stack.layout, keys=stack.keys)
        settings = {**settings, "SELLERWORKS_OWNER_DATABASE_URL": owner}
    command = command_of(known, *arguments)
    return subprocess.run(command, env=settings, check=False).returncode  # noqa: S603 - our own module
