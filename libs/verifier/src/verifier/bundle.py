"""`audit-verify bundle` and `fsck`: every check of an export, against one checkpoint."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from verifier.archive import Manifest, UnreadableBundle, check_files, read_manifest, unzip
from verifier.consistency import File, Seen
from verifier.events import FILE, ExportedEvent, Withheld
from verifier.examine import Examined, examine
from verifier.openings import Opening, check_openings
from verifier.policy import NOBODY_TOLD_US, BadPolicy, EventKey, Policy, read_bundled_keys
from verifier.proofs import check_proofs
from verifier.ranges import Range, check_range, read_range
from verifier.report import Finding, Report, Verdict, note, tampered, undecided, verdict_of
from verifier.seal import check_seal
from verifier.sequences import Scope, check_order, check_sequences
from verifier.signed import OpenedCheckpoint, checkpoint_facts, open_signed
from verifier.tree import Head

CHECKPOINT, KEYS = "checkpoint.txt", "keys.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to check an export with; `saved` are checkpoints that were kept elsewhere."""

    policy: Policy | None
    openings: Sequence[Opening] | None = None
    saved: Sequence[File] = ()
    jobs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An export taken apart; `range` is `None` for the export of a case."""

    files: Mapping[str, bytes]
    manifest: Manifest
    bundled: Policy
    range: Range | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A bundle, its lines examined, and its checkpoint opened."""

    bundle: Bundle
    examined: Examined
    opened: OpenedCheckpoint

    @property
    def events(self) -> list[ExportedEvent]:
        return [row for row in self.examined.rows if isinstance(row, ExportedEvent)]

    @property
    def withheld(self) -> int:
        return sum(isinstance(row, Withheld) for row in self.examined.rows)

    @property
    def gaps(self) -> bool:
        return bool(self.examined.unread)


def verify_bundle(raw: bytes, *, name: str, asked: Asked) -> Report:
    """Check an export; without a policy it can only agree with itself."""
    return _verify(raw, name=name, command="bundle", asked=asked)


def verify_range(raw: bytes, *, name: str, asked: Asked) -> Report:
    """Check the export of a range: all that `verify_bundle` does, but nothing less than a range."""
    return _verify(raw, name=name, command="fsck", asked=asked)


def _verify(raw: bytes, *, name: str, command: str, asked: Asked) -> Report:
    checked = f"{command} {name}"
    try:
        bundle = _open(raw)
    except UnreadableBundle as error:
        return Report(checked=checked, shown=(), findings=(undecided(name, str(error)),))
    except BadPolicy as error:
        return Report(checked=checked, shown=(), findings=(undecided(KEYS, str(error)),))
    if command == "fsck" and bundle.range is None:
        only = "is no export of a range: only that holds all entries (POST /v1/exports, range)"
        return Report(checked=checked, shown=(), findings=(undecided(name, only),))

    policy = asked.policy or bundle.bundled
    read = _Read(
        bundle=bundle,
        examined=examine(bundle.files[FILE], keys=_key_ring(bundle, asked), jobs=asked.jobs),
        opened=open_signed(bundle.files[CHECKPOINT], policy=policy, where=CHECKPOINT),
    )
    findings = tuple(_findings(read, asked, policy))
    sound = verdict_of(findings) is Verdict.OK
    shown = (*checkpoint_facts(read.opened, policy), *_facts(read, asked, sound=sound))
    return Report(checked=checked, shown=shown, findings=findings)


def _open(raw: bytes) -> Bundle:
    files = unzip(raw)
    manifest = read_manifest(files)
    for name in (KEYS, CHECKPOINT, FILE):
        if name not in files:
            raise UnreadableBundle(f"{name} is missing")
    return Bundle(
        files=files,
        manifest=manifest,
        bundled=read_bundled_keys(files[KEYS]),
        range=read_range(manifest, files),
    )


def _key_ring(bundle: Bundle, asked: Asked) -> dict[tuple[str, str], EventKey]:
    told = asked.policy.event_keys if asked.policy else ()
    return {(key.service, key.key_id): key for key in told or bundle.bundled.event_keys}


def _findings(read: _Read, asked: Asked, policy: Policy) -> Iterator[Finding]:
    yield from check_files(read.bundle.files, read.bundle.manifest)
    yield from check_seal(read.bundle.files, _key_ring(read.bundle, asked))
    yield from _check_trust(asked.policy, read.bundle.bundled)
    yield from read.opened.findings
    yield from read.examined.unread
    yield from _check_tree(read, asked, policy)
    yield from read.examined.findings
    yield from check_order(read.examined.rows)
    yield from check_sequences(read.events, _scope(read))
    if asked.openings is not None:
        yield from check_openings(asked.openings, read.events)


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


def _check_tree(read: _Read, asked: Asked, policy: Policy) -> Iterator[Finding]:
    bundle, rows, signed = read.bundle, read.examined.rows, read.opened.checkpoint
    if signed and signed.size != bundle.manifest.as_of:
        yield tampered(
            CHECKPOINT, f"has size {signed.size}, the manifest says {bundle.manifest.as_of}"
        )
    if not rows:
        yield undecided(FILE, "holds no event: there is nothing to prove")
    if bundle.range is None:
        proving = bundle.files[CHECKPOINT]
        yield from check_proofs(rows, bundle.files, signed=signed, note=proving, gaps=read.gaps)
        return
    saved, unopened = _open_saved(asked, policy, signed.origin if signed else None)
    yield from unopened
    head = Head(signed.size, signed.root) if signed else None
    yield from check_range(bundle.range, rows, signed=head, saved=saved, gaps=read.gaps)


def _open_saved(
    asked: Asked, policy: Policy, origin: str | None
) -> tuple[list[Seen], list[Finding]]:
    saved, findings = list[Seen](), list[Finding]()
    for file in asked.saved:
        opened = open_signed(file.raw, policy=policy, where=file.name)
        findings += opened.findings
        if opened.checkpoint and opened.checkpoint.origin == origin:
            saved.append(Seen(name=file.name, checkpoint=opened.checkpoint))
        elif opened.checkpoint:
            findings.append(undecided(file.name, f"is of another log: {opened.checkpoint.origin}"))
    return saved, findings


def _scope(read: _Read) -> Scope:
    query = read.bundle.manifest.query
    asked = read.bundle.range
    if asked is None:
        return Scope.of_query(query)
    return Scope.of_range(first=asked.first, withheld=read.withheld)


def _facts(read: _Read, asked: Asked, *, sound: bool) -> Iterator[tuple[str, str]]:
    events, manifest, openings = read.events, read.bundle.manifest, asked.openings
    payloads = sum(event.payload is not None for event in events)
    signatures = sum(event.headers is not None for event in events)
    query = ", ".join(f"{name}={value}" for name, value in manifest.query.items()) or "everything"
    if read.bundle.range:
        place = f"idx {read.bundle.range.name} of {manifest.as_of}"
        yield "range", f"{place}, {read.withheld} withheld"
    yield "events", f"{len(events)}, {payloads} with payload, {signatures} with headers"
    yield "completeness", _completeness(read) if sound else "not shown"
    yield "openings", "none given" if openings is None else str(len(openings))
    yield "exporter says", f"asked for by {manifest.requester}: {query}"


def _completeness(read: _Read) -> str:
    if read.bundle.range:
        return "every entry of the range is here: together they make the signed root"
    return "not shown (filtered)" if _scope(read).silent else "up to the last event"
