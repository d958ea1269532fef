"""Large exports, checked without a network and without any of the servers' code."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import cryptography
import pytest

import verifier
from audit_exports import LOG_SIGNER, Made, exported, log_of
from extent import short_or_full
from range_exports import Books, books
from verifier.archive import unzip
from verifier.bundle import Asked, verify_bundle
from verifier.policy import policy_of_keys
from verifier.report import Report, Verdict

EVENTS = short_or_full(1_000, 100_000)
A_THOUSAND = 1_000
OF_A_CASE = min(EVENTS, 10_000)
POLICY = policy_of_keys([LOG_SIGNER.key.verifier_key])
# The main module of its own process, as the installed command has one.
RUN = """
import sys
sys.path.append(sys.argv.pop(1))

def refuse_sockets(event, arguments):
    if event.startswith("socket."):
        raise PermissionError(event)

if __name__ == "__main__":
    sys.addaudithook(refuse_sockets)
    from verifier.cli import main
    code = main()
    foreign = sys.modules.keys() & {"audit", "chassis", "contracts", "rfc8785", "pydantic"}
    sys.exit(f"loaded: {foreign}" if foreign else code)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a command that finds the verifier and cryptography, nothing else."""
    folder = tmp_path_factory.mktemp("offline")
    found = find_spec("_cffi_backend")
    assert found is not None
    backend = Path(str(found.origin))
    packages = [Path(str(package.__file__)).parent for package in (verifier, cryptography)]
    for source in (*packages, backend):
        (folder / source.name).symlink_to(source)
    (folder / "run.py").write_text(RUN)
    return folder


@pytest.fixture(scope="module")
def large() -> Books:
    return books(EVENTS)


@pytest.fixture(scope="module")
def case() -> Made:
    return exported(log_of(OF_A_CASE))


def audit_verify(folder: Path, command: str, raw: bytes, *options: str) -> dict[str, object]:
    file = folder / "export.zip"
    file.write_bytes(raw)
    key = LOG_SIGNER.key.verifier_key
    run = [sys.executable, "-I", "-S", str(folder / "run.py"), str(folder)]
    done = subprocess.run(  # noqa: S603  our own interpreter, arguments of this test
        [*run, command, str(file), "--key", key, "--json", *options],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.stderr == ""
    told: dict[str, object] = json.loads(done.stdout)
    assert told["exit_code"] == done.returncode
    return told


def checked(raw: bytes) -> Report:
    return verify_bundle(raw, name="export.zip", asked=Asked(policy=POLICY))


@pytest.mark.fault(75)
class TestALargeExport:
    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_of_a_range_is_proven_offline(self, folder: Path, large: Books, jobs: str) -> None:
        told = audit_verify(folder, "fsck", large.export(), "--jobs", jobs)

        assert told["verdict"] == "ok"

    def test_of_a_case_is_proven_offline(self, folder: Path, case: Made) -> None:
        told = audit_verify(folder, "bundle", case.zipped({}))

        assert told["verdict"] == "ok"

    def test_fails_after_any_file_of_a_range_is_altered(self) -> None:
        made = Made(files=unzip(books(A_THOUSAND).export()))

        verdicts = {name: self._altered(made, name).verdict for name in made.files}

        assert Verdict.OK not in verdicts.values(), verdicts

    def test_fails_after_any_file_of_a_case_is_altered(self) -> None:
        case = exported(log_of(A_THOUSAND))
        names = {name for name in case.files if "/" not in name} | {"proofs/17.tlog-proof"}

        verdicts = {name: self._altered(case, name).verdict for name in names}

        assert Verdict.OK not in verdicts.values(), verdicts

    def test_of_a_range_flags_a_removed_row(self, folder: Path, large: Books) -> None:
        removed = EVENTS * 2 // 3

        told = audit_verify(folder, "fsck", large.without_row(removed).export(), "--jobs", "2")

        assert told["verdict"] == "tampered"
        assert f"idx {removed}" in json.dumps(told["findings"])

    def test_of_a_case_flags_a_removed_row(self, case: Made) -> None:
        """With its proof, and signed by audit: only the numbers tell."""
        removed = OF_A_CASE * 2 // 3
        lines = case.files["events.jsonl"].splitlines(keepends=True)
        shown = b"".join([*lines[:removed], *lines[removed + 1 :]])
        gone = {"events.jsonl": shown, f"proofs/{removed}.tlog-proof": None}

        report = checked(case.zipped(gone, repair=True))

        assert report.verdict is not Verdict.OK
        assert any(f"sequence {removed // 2 + 1} is missing" in f.what for f in report.findings)

    @staticmethod
    def _altered(made: Made, name: str) -> Report:
        raw = made.files[name]
        at = len(raw) // 2
        return checked(made.zipped({name: raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]}))
