"""`audit-verify compare`: did the log show everybody, at all times, the same?"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from verifier.consistency import File, Seen, check_growth, check_same, read_growth_proof
from verifier.policy import Policy
from verifier.proof import MalformedProof
from verifier.report import Finding, Report, note, undecided
from verifier.signed import open_signed

Sizes = tuple[int, int]


def verify_views(files: Sequence[File], *, policy: Policy) -> Report:
    """
    Check saved checkpoints against one another, whoever saved them and when.

    Those of equal size must be one. From each size to the next a proof of consistency is needed,
    in its JSON form, among the files; a chain of such steps ties all of them together.
    """
    proofs, findings = _proofs([file for file in files if file.raw.startswith(b"{")])
    seen = list[Seen]()
    for file in files:
        if not file.raw.startswith(b"{"):
            opened = open_signed(file.raw, policy=policy, where=file.name)
            findings += opened.findings
            if opened.checkpoint:
                seen.append(Seen(name=file.name, checkpoint=opened.checkpoint))
    for origin in sorted({one.checkpoint.origin for one in seen}):
        findings += _check_log([one for one in seen if one.checkpoint.origin == origin], proofs)
    return Report(
        checked=f"views {', '.join(file.name for file in files)}",
        shown=(*_facts(seen), ("trust", f"key from {policy.source}")),
        findings=tuple(findings),
    )


def _proofs(files: Sequence[File]) -> tuple[dict[Sizes, File], list[Finding]]:
    proofs, findings = dict[Sizes, File](), list[Finding]()
    for file in files:
        try:
            sizes = read_growth_proof(file.raw).sizes
        except MalformedProof as error:
            findings.append(undecided(file.name, str(error)))
        else:
            if sizes:
                proofs[sizes] = file
    return proofs, findings


def _check_log(seen: Sequence[Seen], proofs: Mapping[Sizes, File]) -> Iterator[Finding]:
    by_size = dict[int, Seen]()
    for one in seen:
        yield from check_same(by_size.setdefault(one.head.size, one), one)
    steps = list(pairwise(by_size[size] for size in sorted(by_size)))
    for old, new in steps:
        yield from check_growth(old, new, proofs.get((old.head.size, new.head.size)))
    used = {(old.head.size, new.head.size) for old, new in steps}
    for sizes in sorted(proofs.keys() - used):
        yield note(proofs[sizes].name, f"from {sizes[0]} to {sizes[1]}: no step that needs it")


def _facts(seen: Sequence[Seen]) -> Iterator[tuple[str, str]]:
    for origin in sorted({one.checkpoint.origin for one in seen}):
        of_log = [one for one in seen if one.checkpoint.origin == origin]
        sizes = ", ".join(str(size) for size in sorted({one.head.size for one in of_log}))
        yield "log", origin
        yield "checkpoints", f"{len(of_log)}, of sizes {sizes}"
