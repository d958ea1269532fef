"""Print which numbered fault test is run by which test: `faults.py [--missing] [--check]`."""

import argparse
import sys

import yaml
from requirements import ROOT, shown_by

KNOWN = ROOT / "docs" / "reference" / "faults.yaml"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missing", action="store_true", help="list only what no test runs")
    parser.add_argument("--check", action="store_true", help="fail on a number that is none")
    asked = parser.parse_args()
    known = yaml.safe_load(KNOWN.read_text(encoding="utf-8"))
    shown = shown_by("fault")
    for number in set(shown) - {str(one) for one in known}:
        print(f"{number} is no fault test, but {shown[number][0]} says it runs it")
    if not asked.check:
        for number, fault in known.items():
            tests = shown.get(str(number), [])
            if not (tests and asked.missing):
                _print(number, fault, tests)
        done = sum(1 for one in known if known[one]["asked"] and str(one) in shown)
        print(
            f"\n{done} of {sum(fault['asked'] for fault in known.values())} asked for now are run."
        )
    return 1 if set(shown) - {str(one) for one in known} else 0


def _print(number: int, fault: dict[str, str], tests: list[str]) -> None:
    if not (tests or fault["asked"]):
        return
    print(f"{number:4}  {fault['text'][:90]}")
    for test in tests or ["(not run yet)"]:
        print(f"          {test}")


if __name__ == "__main__":
    sys.exit(main())
