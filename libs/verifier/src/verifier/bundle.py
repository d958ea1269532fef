"""`audit-verify bundle`: every check of an export, against one checkpoint."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from verifier.archive import Manifest, UnreadableBundle, check_files, read_manifest, unzip
from verifier.events import ExportedEvent, check_event, read_events
from verifier.note import Checkpoint
from verifier.openings import Opening, check_openings
from verifier.policy import NOBODY_TOLD_US, BadPolicy, EventKey, Policy, read_bundled_keys
from verifier.proof import MalformedProof, check_path, read_proof
from verifier.report import Finding, Report, note, tampered, undecided
from verifier.sequences import check_order, check_sequences, is_filtered
from verifier.signed import OpenedCheckpoint, checkpoint_facts, open_signed

CHECKPOINT, KEYS = "checkpoint.txt", "keys.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    files: Mapping[str, bytes]
    manifest: Manifest
    events: Sequence[ExportedEvent]
    unread: Sequence[Finding]


def verify_bundle(
    raw: bytes, *, name: str, policy: Policy | None, openings: Sequence[Opening] | None
) -> Report:
    """Check an export; without a policy it can only agree with itself."""
    checked = f"bundle {name}"
    try:
        files = unzip(raw)
        manifest = read_manifest(files)
        bundled = read_bundled_keys(_file(files, KEYS))
        checkpoint_text, lines = _file(files, CHECKPOINT), _file(files, "events.jsonl")
    except UnreadableBundle as error:
        return Report(checked=checked, shown=(), findings=(undecided(name, str(error)),))
    except BadPolicy as error:
        return Report(checked=checked, shown=(), findings=(undecided(KEYS, str(error)),))

    events, unread = read_events(lines)
    bundle = Bundle(files=files, manifest=manifest, events=events, unread=unread)
    opened = open_signed(checkpoint_text, policy=policy or bundled, where=CHECKPOINT)
    findings = [
        *check_files(files, manifest),
        *_check_trust(policy, bundled),
        *opened.findings,
        *unread,
        *_check_proofs(bundle, opened),
        *_check_events(bundle, policy, bundled),
        *(check_openings(openings, events) if openings is not None else ()),
    ]
    shown = (*checkpoint_facts(opened, policy or bundled), *_facts(bundle, openings))
    return Report(checked=checked, shown=shown, findings=tuple(findings))


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise UnreadableBundle(f"{name} is missing")
    return files[name]


def _check_trust(policy: Policy | None, bundled: Policy) -> Iterator[Finding]:
    """Say plainly what a verdict rests on when the keys come with what they are to prove."""
    if policy is None:
        yield undecided(KEYS, NOBODY_TOLD_US)
        yield note(
            KEYS,
            "checked with the key that it brought along: apart from what else is named here, the"
            " bundle agrees with itself, which says nothing about who made it",
        )
    elif not policy.event_keys and bundled.event_keys:
        yield note(
            KEYS,
            "the services' keys were taken from the bundle (the policy names no event_keys);"
            " what the log recorded is proven by the log's key all the same",
        )


def _check_proofs(bundle: Bundle, opened: OpenedCheckpoint) -> Iterator[Finding]:
    checkpoint = opened.checkpoint
    if checkpoint and checkpoint.size != bundle.manifest.as_of:
        yield tampered(
            CHECKPOINT, f"has size {checkpoint.size}, the manifest says {bundle.manifest.as_of}"
        )
    if not bundle.events:
        yield undecided("events.jsonl", "holds no event: there is nothing to prove")
    for event in bundle.events:
        yield from _check_proof(bundle, event, checkpoint)
    shown = {_proof_name(event.index) for event in bundle.events}
    for name in sorted(name for name in bundle.files if name.startswith("proofs/")):
        if name not in shown:
            # A line that cannot be read may be the one: then nobody has left anything out.
            found = undecided if bundle.unread else tampered
            yield found(name, "proves an event that events.jsonl does not show")


def _check_proof(
    bundle: Bundle, event: ExportedEvent, checkpoint: Checkpoint | None
) -> Iterator[Finding]:
    name = _proof_name(event.index)
    where = f"{name}, event {event.leaf.event_id} ({event.leaf.type})"
    try:
        proof = read_proof(_file(bundle.files, name))
    except (UnreadableBundle, MalformedProof) as error:
        yield undecided(where, str(error))
        return
    if (proof.index, proof.leaf) != (event.index, event.raw_leaf):
        yield tampered(where, "proves another leaf than the one that events.jsonl shows")
    if proof.checkpoint.encode() != bundle.files[CHECKPOINT]:
        yield tampered(where, f"leads to another checkpoint than {CHECKPOINT}")
    if checkpoint:
        yield from check_path(proof, checkpoint, where=where)


def _proof_name(index: int) -> str:
    return f"proofs/{index}.tlog-proof"


def _check_events(bundle: Bundle, policy: Policy | None, bundled: Policy) -> Iterator[Finding]:
    trusted = policy.event_keys if policy and policy.event_keys else bundled.event_keys
    keys: dict[tuple[str, str], EventKey] = {(key.service, key.key_id): key for key in trusted}
    for event in bundle.events:
        yield from check_event(event, keys)
    yield from check_order(bundle.events)
    yield from check_sequences(bundle.events, bundle.manifest.query)


def _facts(bundle: Bundle, openings: Sequence[Opening] | None) -> Iterator[tuple[str, str]]:
    events, manifest = bundle.events, bundle.manifest
    payloads = sum(event.payload is not None for event in events)
    signatures = sum(event.headers is not None for event in events)
    complete = "not shown (filtered)" if is_filtered(manifest.query) else "up to the last event"
    query = ", ".join(f"{name}={value}" for name, value in manifest.query.items()) or "everything"
    yield "events", f"{len(events)}, {payloads} with payload, {signatures} with headers"
    yield "completeness", complete
    yield "openings", "none given" if openings is None else str(len(openings))
    yield "exporter says", f"asked for by {manifest.requester}: {query} (not proven)"
