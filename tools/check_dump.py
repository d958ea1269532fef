"""Check a saved dump again: `python tools/check_dump.py FOLDER`; exit 1 if anything is wrong."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from harness.checker import check  # noqa: E402 - found on the path that was just added
from harness.dump import Dump  # noqa: E402 - the same
from harness.report import summary  # noqa: E402 - the same

_USAGE = 2


def main(arguments: list[str]) -> int:
    """Print the summary of one dump. Exit: 0 nothing is wrong, 1 something is, 2 no dump."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return _USAGE
    try:
        dump = Dump.load(Path(arguments[0]))
    except FileNotFoundError as missing:
        print(f"This is no whole dump: {missing.filename} is missing.", file=sys.stderr)
        return _USAGE
    anomalies = check(dump)
    print(summary(dump, anomalies), end="")
    return 1 if anomalies else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
