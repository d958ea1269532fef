"""The command in a process of its own, which holds the verifier, cryptography and no more."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import cryptography
import pytest

import verifier
from audit_exports import LOG_SIGNER, SALT, commitment, export, log_of
from verifier.encoding import to_base64

SERVER = ["audit", "chassis", "contracts", "playbook", "stack", "rfc8785", "sqlalchemy"]
RUN = f"""
import importlib.util, sys
sys.path.append(sys.argv.pop(1))
found = [name for name in {SERVER} if importlib.util.find_spec(name)]
assert not found, found
from verifier.cli import main
sys.exit(main())
"""


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """Return a folder of links to the verifier and cryptography: all that can be imported."""
    folder = tmp_path / "alone"
    folder.mkdir()
    found = find_spec("_cffi_backend")
    assert found is not None
    backend = Path(str(found.origin))
    for package in (verifier, cryptography):
        source = Path(str(package.__file__)).parent
        (folder / source.name).symlink_to(source)
    (folder / backend.name).symlink_to(backend)
    return folder


def audit_verify(alone: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own interpreter, arguments of this test
        [sys.executable, "-I", "-S", "-c", RUN, str(alone), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    file = tmp_path / "export.zip"
    file.write_bytes(export().zipped({}))
    return file


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"log_keys": [LOG_SIGNER.key.verifier_key]}))
    return file


class TestTheCommandAlone:
    @pytest.mark.covers("AU-4")
    def test_accepts_an_export_and_its_openings(
        self, alone: Path, bundle: Path, policy: Path, tmp_path: Path
    ) -> None:
        openings = tmp_path / "openings.json"
        opened = {"commitment": commitment("no 0"), "value": "no 0", "salt": to_base64(SALT)}
        openings.write_text(json.dumps([opened]))

        done = audit_verify(alone, "bundle", bundle, "--policy", policy, "--openings", openings)

        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("OK  bundle export.zip\n")

    def test_tells_as_json_which_event_was_changed(self, alone: Path, policy: Path) -> None:
        file = policy.parent / "forged.zip"
        old = to_base64(log_of(7).entries[4].payload or b"")
        lines = export().files["events.jsonl"].replace(old.encode(), to_base64(b"{}").encode())
        file.write_bytes(export().zipped({"events.jsonl": lines}, repair=True))

        done = audit_verify(alone, "bundle", file, "--policy", policy, "--json")

        report = json.loads(done.stdout)
        assert done.returncode == report["exit_code"] == 1
        assert report["verdict"] == "tampered"
        assert any("idx 4" in finding["where"] for finding in report["findings"])

    def test_checks_one_event_and_prints_it(self, alone: Path, policy: Path) -> None:
        file = policy.parent / "3.tlog-proof"
        file.write_bytes(export().files["proofs/3.tlog-proof"])

        done = audit_verify(alone, "event", file, "--key", LOG_SIGNER.key.verifier_key)

        assert done.returncode == 0
        assert "service:router" in done.stdout

    def test_cannot_decide_with_the_key_of_another_log(self, alone: Path, bundle: Path) -> None:
        peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

        done = audit_verify(alone, "bundle", bundle, "--key", peter)

        assert done.returncode == 3
        assert "no signature on the checkpoint" in done.stdout

    @pytest.mark.parametrize(
        ("command", "name"),
        [
            ("bundle", None),
            ("event", "proofs/3.tlog-proof"),
            ("checkpoint", "checkpoint.txt"),
        ],
    )
    def test_cannot_decide_when_nobody_says_whose_key_to_trust(
        self, alone: Path, bundle: Path, command: str, name: str | None
    ) -> None:
        file = bundle
        if name is not None:
            file = bundle.parent / "part"
            file.write_bytes(export().files[name])

        done = audit_verify(alone, command, file)

        assert (done.returncode, done.stderr) == (3, "")
        assert "nobody told us whose key to trust" in done.stdout
        assert "/v1/log/keys" in done.stdout
        assert ("agrees with itself" in done.stdout) is (command == "bundle")

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["bundle"],
            ["bundle", "nowhere.zip"],
            ["event", "nowhere.tlog-proof"],
            ["checkpoint", "nowhere", "--key", "no key"],
            ["tomorrow", "file"],
            ["fsck", "nowhere.zip"],
            ["fsck", "run.py", "--jobs", "0"],
            ["consistency", "nowhere"],
            ["consistency", "nowhere", "nowhere"],
            ["compare"],
        ],
    )
    def test_calls_wrong_usage_by_its_code(self, alone: Path, arguments: list[str]) -> None:
        done = audit_verify(alone, *arguments)

        assert done.returncode == 2
        assert "usage: audit-verify" in done.stderr

    def test_explains_itself(self, alone: Path) -> None:
        done = audit_verify(alone, "--help")

        assert done.returncode == 0
        assert "tampering is proven" in done.stdout
        assert "where the key comes from" in done.stdout
