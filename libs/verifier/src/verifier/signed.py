"""A signed checkpoint as a check meets it: opened or not, and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from verifier.encoding import to_base64
from verifier.leaf import NotALeaf, check_person_and_time, read_leaf
from verifier.note import (
    Checkpoint,
    ForgedNote,
    MalformedNote,
    UnknownKey,
    open_checkpoint,
)
from verifier.policy import NO_POLICY, NOBODY_TOLD_US, Policy
from verifier.proof import MalformedProof, check_path, read_proof
from verifier.report import Finding, Report, tampered, undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCheckpoint:
    """`checkpoint` is `None` exactly when `findings` say why it cannot be believed."""

    checkpoint: Checkpoint | None
    findings: tuple[Finding, ...]


def verify_checkpoint(raw: bytes, *, name: str, policy: Policy) -> Report:
    """`audit-verify checkpoint`."""
    opened = open_signed(raw, policy=policy, where=name)
    return Report(
        checked=f"checkpoint {name}",
        shown=tuple(checkpoint_facts(opened, policy)),
        findings=opened.findings,
    )


def verify_event(raw: bytes, *, name: str, policy: Policy) -> Report:
    """`audit-verify event`: one leaf, its path, and the checkpoint at the end of it."""
    checked = f"event {name}"
    try:
        proof = read_proof(raw)
    except MalformedProof as error:
        return Report(checked=checked, shown=(), findings=(undecided(name, str(error)),))
    opened = open_signed(proof.checkpoint.encode(), policy=policy, where=name)
    findings = [*opened.findings]
    if opened.checkpoint:
        findings += check_path(proof, opened.checkpoint, where=name)
    shown = list(checkpoint_facts(opened, policy))
    try:
        leaf = read_leaf(proof.leaf)
    except NotALeaf as error:
        findings.append(undecided(name, str(error)))
    else:
        findings += check_person_and_time(leaf, where=f"{name}, event {leaf.event_id}")
        shown += [("index", str(proof.index))]
        shown += [(member, str(value)) for member, value in leaf.members.items()]
    return Report(checked=checked, shown=tuple(shown), findings=tuple(findings))


def open_signed(raw: bytes, *, policy: Policy, where: str) -> OpenedCheckpoint:
    try:
        checkpoint = open_checkpoint(raw.decode(), keys=policy.log_keys)
    except UnicodeDecodeError:
        return _closed(undecided(where, "the checkpoint is not UTF-8"))
    except MalformedNote as error:
        return _closed(undecided(where, f"the checkpoint cannot be read: {error}"))
    except UnknownKey as error:
        told = f"{error} (keys from {policy.source})"
        return _closed(undecided(where, NOBODY_TOLD_US if policy is NO_POLICY else told))
    except ForgedNote as error:
        return _closed(tampered(where, f"the checkpoint is not what the log signed: {error}"))
    return OpenedCheckpoint(checkpoint=checkpoint, findings=())


def _closed(finding: Finding) -> OpenedCheckpoint:
    return OpenedCheckpoint(checkpoint=None, findings=(finding,))


def checkpoint_facts(opened: OpenedCheckpoint, policy: Policy) -> Iterator[tuple[str, str]]:
    checkpoint = opened.checkpoint
    if checkpoint:
        yield "log", checkpoint.origin
        yield "tree size", str(checkpoint.size)
        yield "root", to_base64(checkpoint.root)
        yield "signed by", ", ".join(checkpoint.signed_by)
    yield "trust", f"key from {policy.source}"
