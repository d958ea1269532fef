"""A log's database as somebody with all rights on it may leave it, and exports of its ranges."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from audit.domain.merkle import Head, Range, leaf_hash
from audit.domain.note import checkpoint
from audit.domain.range_bundle import RangeBundle, RangeEntry, outside
from audit.domain.tiles import TileId, append, consistency_proof
from audit_exports import KEYS, LOG_SIGNER, Body, leaf_and_body


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """
    `rows` are what the tables hold, by index; `tree` the leaf hashes that the tiles hold.

    `signed` is the newest head that the log has signed. Only an honest log keeps the three in
    step.
    """

    rows: Mapping[int, Body]
    tree: Sequence[bytes]
    signed: Head

    def with_rows(self, changes: Mapping[int, Body]) -> "Books":
        """Change rows behind the back of the tree."""
        return replace(self, rows=dict(self.rows) | dict(changes))

    def without_row(self, index: int) -> "Books":
        return replace(self, rows={at: row for at, row in self.rows.items() if at != index})

    def rewritten(self) -> "Books":
        """Compute the tree anew, so that it agrees with the rows; nobody signs it."""
        return replace(self, tree=[leaf_hash(row[0]) for _, row in sorted(self.rows.items())])

    def export(
        self, first: int = 0, end: int | None = None, *, withheld: Collection[int] = ()
    ) -> bytes:
        """Export a range as audit does: lines from the rows, their hashes from the tiles."""
        wanted = Range(first, self.signed.size if end is None else end)
        bundle = RangeBundle()
        bundle.add(
            self._entry(index, withheld=index in withheld)
            for index in sorted(self.rows)
            if wanted.begin <= index < wanted.end
        )
        return bundle.finish(
            outside(wanted, size=self.signed.size, tiles=self._tiles()),
            checkpoint=note_of(self.signed),
            as_of=self.signed.size,
            keys=KEYS,
            query={
                "range": {"from": wanted.begin, "to": wanted.end},
                "marketplace": "harbour",
            },
            requester="compliance:mem_1",
        )

    def _entry(self, index: int, *, withheld: bool) -> RangeEntry:
        tree_hash = self.tree[index]
        if withheld:
            return RangeEntry(index=index, leaf_hash=tree_hash)
        leaf, headers, payload = self.rows[index]
        return RangeEntry(
            index=index, leaf_hash=tree_hash, leaf=leaf, headers=headers, payload=payload
        )

    def _tiles(self) -> Mapping[TileId, bytes]:
        return append(self.tree, size=0, edge={}).touched

    def head(self, size: int) -> Head:
        """Return the head at an earlier size, as the tree is now."""
        return Head(size, append(self.tree[:size], size=0, edge={}).root)

    def growth(self, old: int, new: int) -> list[bytes]:
        """Return the proof of consistency that the tree, as it is now, gives."""
        return consistency_proof(old=old, new=new, tiles=self._tiles())


def books_of(bodies: Sequence[Body]) -> Books:
    """Return the database of an honest log, just signed."""
    tree = [leaf_hash(leaf) for leaf, _, _ in bodies]
    signed = Head(len(tree), append(tree, size=0, edge={}).root)
    return Books(rows=dict(enumerate(bodies)), tree=tree, signed=signed)


@cache
def books(size: int) -> Books:
    return books_of([leaf_and_body(number) for number in range(size)])


def note_of(head: Head) -> str:
    return checkpoint(head, signers=[LOG_SIGNER])
