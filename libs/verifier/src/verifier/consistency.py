"""`audit-verify consistency`: does the newer checkpoint continue the older one?"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verifier.canonical import NotJson, read_object
from verifier.encoding import NotBase64, from_base64, to_base64
from verifier.merkle import HASH_BYTES, WrongPath
from verifier.note import Checkpoint
from verifier.policy import Policy
from verifier.proof import MalformedProof
from verifier.report import Finding, Report, tampered, undecided
from verifier.signed import open_signed
from verifier.tree import EMPTY_ROOT, Head, roots_from_growth

_MEMBERS = {"from", "to", "path"}
_ROOTS = {"from_root", "to_root"}
_LONGEST_PATH = 128
_LINES = re.compile(r"(?:[A-Za-z0-9+/=]+\n)*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as it was given, by the name that the report calls it."""

    name: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthProof:
    """`sizes` and `roots` are what the proof says of itself: nothing, in its bare form."""

    path: tuple[bytes, ...]
    sizes: tuple[int, int] | None
    roots: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A checkpoint that the log has signed, and the file in which we saw it."""

    name: str
    checkpoint: Checkpoint

    @property
    def head(self) -> Head:
        return Head(self.checkpoint.size, self.checkpoint.root)


def verify_consistency(old: File, new: File, proof: File | None, *, policy: Policy) -> Report:
    """Check two checkpoints, the older first; equal sizes and an empty log need no proof."""
    opened = {file: open_signed(file.raw, policy=policy, where=file.name) for file in (old, new)}
    findings = [finding for one in opened.values() for finding in one.findings]
    before, after = opened[old].checkpoint, opened[new].checkpoint
    shown = [("trust", f"key from {policy.source}")]
    if before and after:
        seen = Seen(name=old.name, checkpoint=before), Seen(name=new.name, checkpoint=after)
        facts = [("older", _fact(seen[0])), ("newer", _fact(seen[1]))]
        shown = [("log", after.origin), *facts, *shown]
        findings += check_growth(*seen, proof)
    return Report(
        checked=f"consistency {old.name} -> {new.name}",
        shown=tuple(shown),
        findings=tuple(findings),
    )


def _fact(seen: Seen) -> str:
    return f"{seen.name}: {seen.head.size} leaves, root {to_base64(seen.head.root)}"


def check_growth(old: Seen, new: Seen, proof: File | None) -> Iterator[Finding]:
    """Check that `new`, which was seen later, continues `old`."""
    where = f"{old.name} -> {new.name}"
    if old.checkpoint.origin != new.checkpoint.origin:
        logs = f"{old.checkpoint.origin} and {new.checkpoint.origin}"
        yield undecided(
            where, f"are of two logs ({logs}), which have nothing to do with each other"
        )
    elif old.head.size == new.head.size:
        yield from check_same(old, new)
    elif old.head.size > new.head.size:
        yield tampered(
            where,
            f"the log went back: it had {old.head.size} leaves when it signed {old.name}, and"
            f" shows {new.head.size} in {new.name}. Leaves {new.head.size} to"
            f" {old.head.size - 1} are gone, as after the restore of an old backup (if"
            f" {new.name} is the older of the two, name it first)",
        )
    elif old.head.size == 0:
        if old.head.root != EMPTY_ROOT:
            yield tampered(old.name, "is signed over no leaf, but its root is not that of none")
    else:
        yield from _check_proof(old, new, proof, where=where)


def check_same(one: Seen, other: Seen) -> Iterator[Finding]:
    """Check that two checkpoints of equal size are one: whoever signs two shows two logs."""
    if one.head.root != other.head.root:
        yield tampered(
            f"{one.name} and {other.name}",
            f"a forked log (split view): two trees of {one.head.size} leaves are signed, with"
            f" root {to_base64(one.head.root)} and root {to_base64(other.head.root)}."
            " Keep both files: together they are the evidence",
        )


def _check_proof(old: Seen, new: Seen, proof: File | None, *, where: str) -> Iterator[Finding]:
    sizes = old.head.size, new.head.size
    if proof is None:
        yield undecided(
            where,
            "needs a proof: ask for it by"
            f" GET /v1/log/proof/consistency?from={sizes[0]}&to={sizes[1]}",
        )
        return
    try:
        read = read_growth_proof(proof.raw)
        old_root, new_root = roots_from_growth(old.head, new.head, read.path)
    except MalformedProof as error:
        yield undecided(proof.name, str(error))
        return
    except WrongPath as error:
        yield undecided(proof.name, f"does not fit sizes {sizes[0]} and {sizes[1]}: {error}")
        return
    yield from _check_words(read, old, new, where=proof.name)
    if (old_root, new_root) != (old.head.root, new.head.root):
        yield tampered(
            where,
            f"the tree of {sizes[1]} does not continue the tree of {sizes[0]}: of what was"
            f" signed in {old.name}, something in leaves 0 to {sizes[0] - 1} has been changed,"
            " moved, dropped or put in; or the proof is not the log's",
        )


def _check_words(proof: GrowthProof, old: Seen, new: Seen, *, where: str) -> Iterator[Finding]:
    """Check what the proof says beside its hashes: the signed checkpoints decide."""
    sizes = old.head.size, new.head.size
    if proof.sizes not in (None, sizes):
        yield undecided(where, f"says that it is from size {proof.sizes[0]} to {proof.sizes[1]}")
    for name, seen in (("from_root", old), ("to_root", new)):
        if proof.roots.get(name, to_base64(seen.head.root)) != to_base64(seen.head.root):
            yield undecided(where, f"its {name} is not the root that is signed in {seen.name}")


def read_growth_proof(raw: bytes) -> GrowthProof:
    """Read a proof of consistency, as JSON or as one base64 hash a line."""
    if raw.startswith(b"{"):
        return _from_json(raw)
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedProof("the proof is neither JSON nor lines of base64") from error
    if not _LINES.fullmatch(text):
        raise MalformedProof("the proof is neither JSON nor lines of base64, or was cut off")
    return GrowthProof(path=path_of(text.splitlines()), sizes=None, roots={})


def _from_json(raw: bytes) -> GrowthProof:
    try:
        members = read_object(raw)
    except NotJson as error:
        raise MalformedProof(f"the proof is {error}") from error
    if members.keys() - _ROOTS != _MEMBERS:
        raise MalformedProof("the proof's members are not from, to and path")
    old, new, path = members["from"], members["to"], members["path"]
    if type(old) is not int or type(new) is not int:
        raise MalformedProof("from and to of the proof are no numbers")
    roots = {name: str(members[name]) for name in members.keys() & _ROOTS}
    return GrowthProof(path=path_of(path), sizes=(old, new), roots=roots)


def path_of(hashes: object) -> tuple[bytes, ...]:
    """Read a list of hashes, each 32 bytes in base64. Raises `MalformedProof`."""
    if not isinstance(hashes, list):
        raise MalformedProof("the hashes are no list")
    try:
        path = tuple(from_base64(text) for text in hashes)
    except NotBase64 as error:
        raise MalformedProof(f"a hash of the proof is {error}") from error
    if len(path) > _LONGEST_PATH or any(len(part) != HASH_BYTES for part in path):
        raise MalformedProof("the proof is too long, or one of its hashes has not 32 bytes")
    return path
