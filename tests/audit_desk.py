"""What an auditor does with what audit hands out: `audit-verify`, in a process of its own."""

import asyncio
import sys
from pathlib import Path

_WITHIN = 600
# Neither a socket nor a package of the server's may be touched: what an auditor has, has neither.
_ALONE = """
import sys
def refuse(event, arguments):
    if event.startswith("socket.") and event != "socket.gethostname":
        raise RuntimeError("the verifier opened a socket")
    if event == "import" and arguments[0].partition(".")[0] in {
        "audit", "chassis", "contracts", "playbook", "stack", "fastapi", "sqlalchemy", "asyncpg",
    }:
        raise RuntimeError(f"the verifier imports {arguments[0]}")
sys.addaudithook(refuse)
from verifier.cli import main
if __name__ == "__main__":
    sys.exit(main())
"""


async def verify(*arguments: str | Path) -> tuple[int, str]:
    """Run the command as an auditor does, offline; return its exit code and its words."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-c",
        _ALONE,
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(_WITHIN):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
