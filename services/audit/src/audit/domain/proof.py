"""The text that proves one leaf offline (c2sp.org/tlog-proof)."""

from base64 import b64encode
from collections.abc import Sequence

HEADER = "c2sp.org/tlog-proof@v1"


def tlog_proof(leaf: bytes, *, index: int, path: Sequence[bytes], checkpoint: str) -> str:
    """Return the proof; the leaf travels as its `extra` line, and the path goes to the root."""
    hashes = "".join(f"{_base64(part)}\n" for part in path)
    return f"{HEADER}\nextra {_base64(leaf)}\nindex {index}\n{hashes}\n{checkpoint}"


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
