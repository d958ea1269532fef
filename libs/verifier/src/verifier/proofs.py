"""The export of a case: the proof of each event, against the one checkpoint."""

from collections.abc import Iterator, Mapping, Sequence

from verifier.events import ExportedEvent, Row, Strange, Withheld
from verifier.note import Checkpoint
from verifier.proof import MalformedProof, check_path, read_proof
from verifier.report import Finding, tampered, undecided

_FOLDER = "proofs/"


def check_proofs(
    rows: Sequence[Row],
    files: Mapping[str, bytes],
    *,
    signed: Checkpoint | None,
    note: bytes,
    gaps: bool,
) -> Iterator[Finding]:
    """
    Check that each event has its proof, and each proof its event.

    `signed` is the checkpoint of the signed note `note`, if that can be believed; `gaps`: some
    lines could not be read, so a proof without its event proves nothing.
    """
    for row in rows:
        if isinstance(row, Withheld):
            yield undecided(row.where, "has no place in the export of a case")
        else:
            yield from _check_proof(row, files, signed=signed, note=note)
    shown = {_name(row.index) for row in rows}
    for name in sorted(name for name in files if name.startswith(_FOLDER)):
        if name not in shown:
            # A line that cannot be read may be the one: then nobody has left anything out.
            found = undecided if gaps else tampered
            yield found(name, "proves an event that events.jsonl does not show")


def _check_proof(
    row: ExportedEvent | Strange,
    files: Mapping[str, bytes],
    *,
    signed: Checkpoint | None,
    note: bytes,
) -> Iterator[Finding]:
    name = _name(row.index)
    where = f"{name}, {row.name}"
    if name not in files:
        yield undecided(where, f"{name} is missing")
        return
    try:
        proof = read_proof(files[name])
    except MalformedProof as error:
        yield undecided(where, str(error))
        return
    if (proof.index, proof.leaf) != (row.index, row.raw_leaf):
        yield tampered(where, "proves another leaf than the one that events.jsonl shows")
    if proof.checkpoint.encode() != note:
        yield tampered(where, "leads to another checkpoint than checkpoint.txt")
    if signed:
        yield from check_path(proof, signed, where=where)


def _name(index: int) -> str:
    return f"{_FOLDER}{index}.tlog-proof"
