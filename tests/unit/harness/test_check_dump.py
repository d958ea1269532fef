import subprocess
import sys
from pathlib import Path

from builders_dump import LEAVES, a_clean_dump
from harness.dump import Dump

TOOL = Path(__file__).parents[3] / "tools" / "check_dump.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own tool
        [sys.executable, str(TOOL), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def saved(dump: Dump, folder: Path) -> str:
    dump.save(folder)
    return str(folder)


class TestCheckDump:
    def test_finds_a_clean_dump_clean(self, tmp_path: Path) -> None:
        done = run(saved(a_clean_dump(), tmp_path))

        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "anomalies: none")

    def test_names_what_is_wrong_with_another(self, tmp_path: Path) -> None:
        done = run(saved(a_clean_dump(leaves=LEAVES[:4], checkpoints=()), tmp_path))

        assert done.returncode == 1
        assert "anomalies: lost-leaf 1" in done.stdout
        assert "sla.breached.v1 has no leaf" in done.stdout

    def test_says_when_a_folder_is_no_dump(self, tmp_path: Path) -> None:
        done = run(str(tmp_path))

        assert done.returncode == 2
        assert "This is no whole dump" in done.stderr
