"""The proof of one leaf (c2sp.org/tlog-proof@v1): read it, and follow it to the root."""

import re
from dataclasses import dataclass

from verifier.encoding import NotBase64, from_base64
from verifier.merkle import HASH_BYTES, WrongPath, root_from_path
from verifier.note import Checkpoint
from verifier.report import Finding, tampered, undecided

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,17})", re.ASCII)
_LONGEST_PATH = 64


class MalformedProof(Exception):
    """The text is no tlog-proof with a leaf in its `extra` line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`checkpoint` is the signed note, verbatim and unverified."""

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: str


def read_proof(raw: bytes) -> Proof:
    try:
        head, divider, checkpoint = raw.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise MalformedProof("the file is not UTF-8") from error
    header, *lines = head.split("\n")
    if header != HEADER or not divider:
        raise MalformedProof(f"the file does not begin as a proof does ({HEADER})")
    if len(lines) < 2 or not lines[0].startswith("extra "):  # noqa: PLR2004 `extra` and `index`
        raise MalformedProof("the proof carries no leaf (its `extra` line)")
    leaf = _decoded(lines[0].removeprefix("extra "), "the leaf")
    path = tuple(_decoded(line, "a hash of the path") for line in lines[2:])
    if len(path) > _LONGEST_PATH or any(len(part) != HASH_BYTES for part in path):
        raise MalformedProof("the path is too long, or one of its hashes has not 32 bytes")
    return Proof(leaf=leaf, index=_index(lines[1]), path=path, checkpoint=checkpoint)


def _index(line: str) -> int:
    match = _INDEX.fullmatch(line)
    if not match:
        raise MalformedProof("the `index` line holds no plain number")
    return int(match[1])


def _decoded(text: str, what: str) -> bytes:
    try:
        return from_base64(text)
    except NotBase64 as error:
        raise MalformedProof(f"{what} is {error}") from error


def check_path(proof: Proof, checkpoint: Checkpoint, *, where: str) -> list[Finding]:
    """Check that the leaf is in the tree of the checkpoint, at its index."""
    try:
        root = root_from_path(proof.leaf, index=proof.index, size=checkpoint.size, path=proof.path)
    except WrongPath as error:
        return [undecided(where, f"the proof does not fit its checkpoint: {error}")]
    if root != checkpoint.root:
        return [
            tampered(
                where,
                f"leaf {proof.index} is not in the signed tree of {checkpoint.size}:"
                " leaf, index or path has been changed",
            )
        ]
    return []
