"""Bring all databases to their newest version, in one process that imports everything once."""

import asyncio
import json
import os
from collections.abc import Mapping

from chassis.migrate import upgrade


def main() -> None:
    """Migrate what SELLERWORKS_OWNERS names: `{package: URL of its database's owner}`."""
    owners: dict[str, str] = json.loads(os.environ["SELLERWORKS_OWNERS"])
    asyncio.run(_upgrade_all(owners))


async def _upgrade_all(owners: Mapping[str, str]) -> None:
    # Alembic keeps its context in globals: one after the other.
    for package, url in owners.items():
        await upgrade(package, url)


if __name__ == "__main__":
    main()
