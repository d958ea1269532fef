"""Verification by someone who has an export, the log's public key, and none of our programs."""

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_SECONDS: Final = 60
_SERVER: Final = ("audit", "chassis", "contracts", "playbook", "stack", "sqlalchemy", "pydantic")
# The interpreter starts isolated and without site-packages; only the folder of links is added.
_ALONE: Final = f"""
import importlib.util, sys
sys.path.append(sys.argv.pop(1))
found = [name for name in {_SERVER!r} if importlib.util.find_spec(name)]
if found:
    sys.exit("these can be imported: " + ", ".join(found))
from verifier.cli import main
sys.exit(main())
"""


def make_alone(folder: Path) -> Path:
    """Make a folder that holds the verifier, cryptography and no more, by links."""
    alone = folder / "alone"
    alone.mkdir()
    for package in ("verifier", "cryptography"):
        (alone / package).symlink_to(_origin(package).parent)
    backend = _origin("_cffi_backend")
    (alone / backend.name).symlink_to(backend)
    return alone


def _origin(name: str) -> Path:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name)
    return Path(found.origin)


def audit_verify(alone: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `audit-verify` in a process of its own; 0 is proven, 1 is tampered with."""
    return subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-I", "-S", "-c", _ALONE, str(alone), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def write_policy(folder: Path, *, signer_key: Path, checkpoint: str) -> Path:
    """
    Write whom to trust: the log's key, out of the signer's own file.

    Only the log's name is taken from the checkpoint; a compliance officer gets key and name by a
    way of their own.
    """
    private = load_pem_private_key(signer_key.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError("the signer's key is no Ed25519 key")
    line = _key_line(checkpoint.partition("\n")[0], private.public_key().public_bytes_raw())
    policy = folder / "policy.json"
    policy.write_text(json.dumps({"log_keys": [line]}))
    return policy


def _key_line(name: str, public: bytes) -> str:
    """Write a verifier key as C2SP's signed note does: `name+id+base64(type ‖ key)`."""
    typed = b"\x01" + public
    key_id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    return f"{name}+{key_id.hex()}+{base64.b64encode(typed).decode()}"


def flip_one_byte(export: bytes) -> bytes:
    """Change one byte of the first event's payload inside an export, and pack it again."""
    with zipfile.ZipFile(io.BytesIO(export)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    lines = files["events.jsonl"].splitlines()
    first = json.loads(lines[0])
    payload = bytearray(base64.b64decode(first["payload"]))
    payload[len(payload) // 2] ^= 1
    first["payload"] = base64.b64encode(payload).decode()
    files["events.jsonl"] = b"\n".join([json.dumps(first).encode(), *lines[1:]]) + b"\n"
    return _packed(files)


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()
