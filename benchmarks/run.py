"""Measure side by side with a ceiling in the same run, and print ratios: `make bench`."""

import argparse
import asyncio
import os
import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import auditing
import crowd
import deciding
import latency
import parked
import posting
import profiles
import recovery
import throughput
from figures import say

from stack.stacks import running_stack

PARTS = (
    *("deciding", "crowd", "posting", "latency", "parked"),
    *("throughput", "recovery", "profile", "audit"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two minutes instead of ten, rougher")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts")
    asked = parser.parse_args()
    began = time.monotonic()
    _introduce()
    if "deciding" in asked.only:
        deciding.compare(quick=asked.quick)
    asyncio.run(_measure(asked.only, quick=asked.quick))
    say(f"\nDone in {time.monotonic() - began:.0f} s; load now {os.getloadavg()[0]:.1f}.")


def _introduce() -> None:
    now = datetime.fromtimestamp(time.time(), UTC)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    say(
        f"{now:%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores, {memory:.0f} GiB,"
        f" Python {platform.python_version()} · load before: {os.getloadavg()[0]:.1f}"
    )
    say("Clients, services, Kafka and PostgreSQL share these cores: read the ratios.")


async def _measure(parts: Sequence[str], *, quick: bool) -> None:
    alone = {"crowd": crowd.measure, "posting": posting.compare, "audit": auditing.measure}
    for name, measure in alone.items():
        if name in parts:
            await measure(quick=quick)
    if set(parts) <= {"deciding", *alone}:
        return
    say("\nStarting a whole stack of its own …")
    on_a_stack = {
        "latency": latency.compare,
        "parked": parked.compare,
        "throughput": throughput.measure,
        "recovery": recovery.measure,
    }
    with running_stack(durable=True) as stack:
        for name, look in on_a_stack.items():
            if name in parts:
                await look(stack, quick=quick)
        if "profile" in parts:
            profiles.show(stack, quick=quick)


if __name__ == "__main__":
    main()
