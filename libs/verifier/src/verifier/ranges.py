"""The export of a range: do all of its entries, together, make the tree that the log signed?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from verifier.archive import Manifest, UnreadableBundle
from verifier.canonical import NotCanonical, NotJson, canonical, read_object
from verifier.consistency import Seen, path_of
from verifier.events import FILE, Row
from verifier.merkle import WrongPath
from verifier.proof import MalformedProof
from verifier.report import Finding, tampered, undecided
from verifier.tree import Head, roots_at, roots_from_growth

SIDES = "range.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """
    Leaves `first` (included) to `end` (excluded), and what proves where they stand.

    `before` holds the complete subtrees of what lies before, `after` is the proof of consistency
    from `end` to the size of the checkpoint.
    """

    first: int
    end: int
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]

    @property
    def places(self) -> range:
        return range(self.first, self.end)

    @property
    def name(self) -> str:
        return f"{self.first} to {self.end - 1}"


def read_range(manifest: Manifest, files: Mapping[str, bytes]) -> Range | None:
    """Return what range was exported, if it was one. Raises `UnreadableBundle`."""
    asked = manifest.query.get("range")
    if asked is None:
        return None
    if not isinstance(asked, dict) or asked.keys() != {"from", "to"}:
        raise UnreadableBundle("the manifest's range is not from and to")
    first, end = asked["from"], asked["to"]
    if type(first) is not int or type(end) is not int or not 0 <= first < end <= manifest.as_of:
        raise UnreadableBundle("the manifest's range lies outside the log, or holds nothing")
    if SIDES not in files:
        raise UnreadableBundle(f"{SIDES} is missing")
    return _with_sides(first, end, files[SIDES])


def _with_sides(first: int, end: int, raw: bytes) -> Range:
    try:
        members = read_object(raw)
        if canonical(members) != raw or members.keys() != {"before", "after"}:
            raise UnreadableBundle(f"{SIDES} is not before and after, in canonical form")
        before, after = path_of(members["before"]), path_of(members["after"])
    except (NotJson, NotCanonical, MalformedProof) as error:
        raise UnreadableBundle(f"{SIDES}: {error}") from error
    return Range(first=first, end=end, before=before, after=after)


def check_range(
    asked: Range, rows: Sequence[Row], *, signed: Head | None, saved: Sequence[Seen], gaps: bool
) -> Iterator[Finding]:
    """
    Check that the rows are all entries of the range, and the very ones that were signed.

    `gaps`: some lines could not be read, so one that is missing may be among them. `saved` are
    checkpoints of this log that were kept elsewhere; each must be the root of its first leaves.
    """
    by_index = {row.index: row for row in rows}
    yield from _check_places(asked, rows, by_index, gaps=gaps)
    ordered = [by_index[index] for index in sorted(by_index) if index in asked.places]
    if signed and len(ordered) == len(asked.places):
        yield from _check_roots(asked, ordered, signed=signed, saved=saved)


def _check_places(
    asked: Range, rows: Sequence[Row], by_index: Mapping[int, Row], *, gaps: bool
) -> Iterator[Finding]:
    for before, after in pairwise(rows):
        if after.index == before.index:
            yield tampered(after.where, "stands there twice: an entry was put in")
    for row in rows:
        if row.index not in asked.places:
            yield tampered(row.where, f"was put in: it lies outside the range {asked.name}")
    # A line that cannot be read may be the one: then nobody has left anything out.
    found = undecided if gaps else tampered
    for first, last in _missing(asked, by_index):
        which = f"idx {first}" if first == last else f"idx {first} to {last}"
        yield found(f"{FILE}, {which}", "is missing: the tree has it, the export does not show it")


def _missing(asked: Range, by_index: Mapping[int, Row]) -> Iterator[tuple[int, int]]:
    present = sorted(index for index in by_index if index in asked.places)
    for before, after in pairwise([asked.first - 1, *present, asked.end]):
        if after - before > 1:
            yield before + 1, after - 1


def _check_roots(
    asked: Range, rows: Sequence[Row], *, signed: Head, saved: Sequence[Seen]
) -> Iterator[Finding]:
    hashes = [row.shown_hash if row.tree_hash is None else row.tree_hash for row in rows]
    sizes = {asked.end, *(one.head.size for one in saved)}
    try:
        roots = roots_at(sizes, hashes, first=asked.first, before=asked.before)
        made = _root_of_all(asked, Head(asked.end, roots[asked.end]), signed)
    except WrongPath as error:
        yield undecided(SIDES, f"does not fit range {asked.name} of {signed.size}: {error}")
        return
    yield from _check_leaves(rows)
    if made != signed.root:
        yield tampered(
            f"{FILE}, idx {asked.name}",
            "these entries do not make the root that the log signed: at least one of them, or"
            f" of the hashes in {SIDES}, is not what was signed (a changed leaf whose tree was"
            " computed anew looks like this)",
        )
    yield from _check_saved(asked, roots, saved)


def _root_of_all(asked: Range, reached: Head, signed: Head) -> bytes | None:
    """Return the root that the range leads to; `None` when the way there is broken."""
    if reached.size == signed.size:
        if asked.after:
            raise WrongPath("nothing lies after the range")
        return reached.root
    old_root, new_root = roots_from_growth(reached, signed, asked.after)
    return new_root if old_root == reached.root else None


def _check_leaves(rows: Sequence[Row]) -> Iterator[Finding]:
    """Compare each leaf with its place in the tree: this names the one that was changed."""
    odd = [row for row in rows if row.tree_hash not in (None, row.shown_hash)]
    places = {row.tree_hash: row.index for row in rows} if odd else {}
    for row in odd:
        place = places.get(row.shown_hash)
        if place is None:
            yield tampered(row.where, "has been changed: the tree holds another leaf here")
        else:
            yield tampered(row.where, f"has been moved: it is leaf {place} of the tree")


def _check_saved(
    asked: Range, roots: Mapping[int, bytes], saved: Sequence[Seen]
) -> Iterator[Finding]:
    """Hold the entries to what was signed earlier: this says where a rewritten tree begins."""
    sound = asked.first
    for one in sorted(saved, key=lambda one: one.head.size):
        size = one.head.size
        if size not in roots:
            yield undecided(
                one.name, f"is of size {size}: the range {asked.name} cannot tell its root"
            )
        elif roots[size] == one.head.root:
            sound = size
        else:
            yield tampered(
                f"{one.name}, idx {sound} to {size - 1}",
                f"the log has been rewritten: it signed another root over its first {size}"
                f" leaves than those shown make; the first difference lies in idx {sound} to"
                f" {size - 1}",
            )
            return
