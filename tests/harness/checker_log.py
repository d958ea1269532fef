"""The audit log: every event once, in order, in a tree that every checkpoint belongs to."""

import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256

from harness.anomalies import Anomaly, Name
from harness.checker_index import AUDIT, Index, Stream, stream_of
from harness.facts import Checkpoint, Leaf, Written


def leaves(ix: Index) -> Iterator[Anomaly]:
    """I2: each event of the audited topics has one leaf, which says what the outbox says."""
    for row in ix.dump.written:
        if row.topic in ix.dump.setting.audited:
            yield from _one_leaf(ix, row)
    for event_id, found in ix.leaves.items():
        if ix.event(event_id) is None and found[0].topic != AUDIT:
            yield Anomaly(
                name=Name.PHANTOM,
                invariant="I3",
                about=event_id,
                says="a leaf of what was never committed",
                slice=tuple(found),
            )


def _one_leaf(ix: Index, row: Written) -> Iterator[Anomaly]:
    found = ix.leaves.get(row.event_id, ())
    about = f"{stream_of(row)}#{row.sequence}"
    if len(found) > 1:
        yield Anomaly(
            name=Name.DUPLICATE,
            invariant="I2",
            about=about,
            says=f"has {len(found)} leaves",
            slice=(row, *found),
        )
    elif found:
        yield from _tells_the_same(about, row, found[0])
    elif not row.late and (stream_of(row), row.sequence) not in ix.named_gaps:
        yield _no_leaf(ix, row, about)


def _tells_the_same(about: str, row: Written, leaf: Leaf) -> Iterator[Anomaly]:
    told = json.loads(leaf.content)
    if (told["event_id"], told["sequence"], told["payload"]) != (
        row.event_id,
        row.sequence,
        row.digest,
    ):
        yield Anomaly(
            name=Name.CHANGED_LOG,
            invariant="I2",
            about=about,
            says=f"leaf {leaf.idx} says otherwise than the outbox",
            slice=(row, leaf),
        )


def _no_leaf(ix: Index, row: Written, about: str) -> Anomaly:
    later = [leaf for leaf in ix.logged.get(stream_of(row), ()) if leaf.sequence > row.sequence]
    records = ix.records.get(row.event_id, ())
    lost = bool(later or records)
    return Anomaly(
        name=Name.LOST_LEAF if lost else Name.UNSEEN,
        invariant="I2",
        about=about,
        says=f"{row.type} has no leaf" + (", though audit has gone past it" if lost else ""),
        slice=(row, *records[:1], *later[:1]),
    )


def log_order(ix: Index) -> Iterator[Anomaly]:
    """I4: a stream's leaves are 1, 2, 3 …, but for numbers that a gap leaf names."""
    for stream, found in ix.logged.items():
        last = 0
        for before, leaf in zip([None, *found], found, strict=False):
            shown = (before, leaf) if before else (leaf,)
            if leaf.sequence <= last and (stream, leaf.sequence) not in ix.named_gaps:
                yield Anomaly(
                    name=Name.OUT_OF_ORDER,
                    invariant="I4",
                    about=str(stream),
                    says=f"leaf {leaf.idx} is number {leaf.sequence}, after {last}",
                    slice=shown,
                )
            elif missing := _unnamed(ix, stream, range(last + 1, leaf.sequence)):
                yield Anomaly(
                    name=Name.GAP,
                    invariant="I4",
                    about=str(stream),
                    says=f"no leaf of {missing} before number {leaf.sequence}",
                    slice=shown,
                )
            last = max(last, leaf.sequence)


def _unnamed(ix: Index, stream: Stream, numbers: Collection[int]) -> list[int]:
    return [number for number in numbers if (stream, number) not in ix.named_gaps]


def causality(ix: Index) -> Iterator[Anomaly]:
    """I5: a leaf comes after its cause, which its producer had consumed."""
    for found in ix.leaves.values():
        leaf = found[0]
        cause_id = json.loads(leaf.content).get("causation")
        causes = ix.leaves.get(cause_id, ()) if cause_id else ()
        if causes and causes[0].subject == leaf.subject and causes[0].idx > leaf.idx:
            yield Anomaly(
                name=Name.OUT_OF_ORDER,
                invariant="I5",
                about=leaf.event_id,
                says=f"leaf {leaf.idx} comes before its cause {causes[0].idx}",
                slice=(leaf, causes[0]),
            )
        if cause_id and ix.event(cause_id) is None and cause_id not in ix.leaves and ix.events:
            yield Anomaly(
                name=Name.PHANTOM,
                invariant="I5",
                about=leaf.event_id,
                says=f"its cause {cause_id} was never committed",
                slice=(leaf,),
            )


def tree(ix: Index) -> Iterator[Anomaly]:
    """I6: the leaves are numbered without a hole, and every checkpoint is a head of their tree."""
    rows = sorted(ix.dump.leaves, key=lambda leaf: leaf.idx)
    for place, leaf in enumerate(rows):
        if leaf.idx != place:
            yield Anomaly(
                name=Name.CHANGED_LOG,
                invariant="I6",
                about=f"index {place}",
                says=f"there is no such leaf; the next is {leaf.idx}",
                slice=(*rows[max(place - 1, 0) : place], leaf),
            )
            break
    of_size: dict[int, list[Checkpoint]] = defaultdict(list)
    for checkpoint in ix.dump.checkpoints:
        of_size[checkpoint.size].append(checkpoint)
    yield from _split(of_size)
    yield from _strangers(of_size, roots(rows, set(of_size)))


def _split(of_size: Mapping[int, Sequence[Checkpoint]]) -> Iterator[Anomaly]:
    for size, found in of_size.items():
        different = {one.root: one for one in found}
        if len(different) > 1:
            yield Anomaly(
                name=Name.FORKED_CHECKPOINT,
                invariant="I6",
                about=f"size {size}",
                says=f"{len(different)} roots were seen",
                slice=tuple(different.values()),
            )


def _strangers(
    of_size: Mapping[int, Sequence[Checkpoint]], true: Mapping[int, str]
) -> Iterator[Anomaly]:
    """Report a head that is none of this log's: a fork if the log went on, else it was changed."""
    fitting = [size for size, found in of_size.items() if _fits(found, true.get(size))]
    for size, found in sorted(of_size.items()):
        strange = [one for one in found if one.root != true.get(size)]
        if not strange:
            continue
        forked = size < max(fitting, default=0) or len(strange) < len(found)
        yield Anomaly(
            name=Name.FORKED_CHECKPOINT if forked else Name.CHANGED_LOG,
            invariant="I6",
            about=f"size {size}",
            says=f"the leaves make {true.get(size, 'no tree of that size')}",
            slice=tuple(strange[:2]),
        )
        if not forked:
            return


def _fits(found: Sequence[Checkpoint], root: str | None) -> bool:
    return any(one.root == root for one in found)


def roots(rows: Sequence[Leaf], sizes: Collection[int]) -> dict[int, str]:
    """Compute the roots (RFC 6962 §2.1, base64) of the first so many leaves, in one pass."""
    found = {0: _base64(sha256(b"").digest())} if 0 in sizes else {}
    peaks: list[tuple[int, bytes]] = []
    for number, leaf in enumerate(rows, start=1):
        peaks.append((1, sha256(b"\x00" + leaf.content.encode()).digest()))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            (height, right), (_, left) = peaks.pop(), peaks.pop()
            peaks.append((height * 2, sha256(b"\x01" + left + right).digest()))
        if number in sizes:
            found[number] = _base64(_bagged(peaks))
    return found


def _bagged(peaks: Sequence[tuple[int, bytes]]) -> bytes:
    root = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        root = sha256(b"\x01" + left + root).digest()
    return root


def _base64(root: bytes) -> str:
    return b64encode(root).decode()
