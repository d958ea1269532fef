"""Run a soak: `soak.py --minutes 30 --seed 7`; load, random faults, then the checker."""

import argparse
import asyncio
import secrets
import sys
import time
from pathlib import Path

from requirements import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from harness.soak import Plan, soak
from harness.soak_report import written


def main() -> int:
    """Run it; 1 when an anomaly was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--rate", type=float, default=2.0, help="cases begun a second")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=ROOT / ".soak")
    asked = parser.parse_args()
    seed = secrets.randbelow(2**32) if asked.seed is None else asked.seed
    folder: Path = asked.folder / f"{time.strftime('%Y%m%dT%H%M%S')}-{seed}"
    plan = Plan(
        folder=folder,
        seconds=asked.minutes * 60,
        seed=seed,
        rate=asked.rate,
        replicas=asked.replicas,
    )
    verdict = asyncio.run(soak(plan))
    print(written(verdict))
    print(f"history, faults, dump and logs: {folder}")
    return 1 if verdict.anomalies else 0


if __name__ == "__main__":
    sys.exit(main())
