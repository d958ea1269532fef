"""A range of the log as a zip, written piece by piece: it may be larger than memory likes."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from zipfile import ZipFile

import rfc8785

from audit.domain.bundle import (
    CHECKPOINT,
    EVENTS,
    KEYS,
    MANIFEST,
    SEAL,
    Keys,
    disclosed,
    entry_named,
    json_line,
    keys_file,
    manifest,
    seal,
)
from audit.domain.merkle import Range, complete_nodes, consistency_path
from audit.domain.tiles import TileId, Tiles, consistency_proof, hash_of, tiles_of

RANGE = "range.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeEntry:
    """
    One entry: its place, and its hash as the tree has it.

    Of what is not the requester's, that is all: `leaf` is None. `headers` and `payload` are None
    once retention has cleared them.
    """

    index: int
    leaf_hash: bytes
    leaf: bytes | None = None
    headers: Mapping[str, str] | None = None
    payload: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What lies before and behind a range: enough to reach the root of the whole tree from it."""

    before: Sequence[bytes]
    after: Sequence[bytes]


def tiles_outside(wanted: Range, *, size: int) -> set[TileId]:
    """Name the tiles that `outside` needs."""
    return tiles_of([*_subtrees_before(wanted), *consistency_path(old=wanted.end, new=size)])


def outside(wanted: Range, *, size: int, tiles: Tiles) -> Outside:
    """Return the hashes of what a range of the tree of `size` leaves out."""
    return Outside(
        before=[hash_of(part, tiles, size=size) for part in _subtrees_before(wanted)],
        after=consistency_proof(old=wanted.end, new=size, tiles=tiles),
    )


def _subtrees_before(wanted: Range) -> list[Range]:
    nodes = complete_nodes(Range(0, wanted.begin))
    return [Range(n.number << n.height, (n.number + 1) << n.height) for n in nodes]


class RangeBundle:
    """The zip while it is made: `add` the entries in order, then `finish`."""

    def __init__(self) -> None:
        self._file = BytesIO()
        self._zip = ZipFile(self._file, "w")
        self._events = self._zip.open(entry_named(EVENTS), "w")
        self._digest = sha256()

    def add(self, entries: Iterable[RangeEntry]) -> None:
        lines = b"".join(_line(entry) for entry in entries)
        self._digest.update(lines)
        self._events.write(lines)

    def finish(
        self,
        around: Outside,
        *,
        checkpoint: str,
        as_of: int,
        keys: Keys,
        query: Mapping[str, object],
        requester: str,
    ) -> bytes:
        """Add the other files and return the zip's bytes."""
        self._events.close()
        files = {
            CHECKPOINT: checkpoint.encode(),
            KEYS: keys_file(keys),
            RANGE: _range_file(around),
        }
        hashes = {name: sha256(body).hexdigest() for name, body in files.items()}
        hashes[EVENTS] = self._digest.hexdigest()
        told = manifest(hashes, query=query, as_of=as_of, requester=requester)
        files |= {MANIFEST: told, SEAL: seal(told, keys.exporter)}
        for name, body in sorted(files.items()):
            self._zip.writestr(entry_named(name), body)
        self._zip.close()
        return self._file.getvalue()


def _line(entry: RangeEntry) -> bytes:
    place = {"idx": entry.index, "leaf_hash": _base64(entry.leaf_hash)}
    if entry.leaf is None:
        return json_line(place)
    return json_line(place | disclosed(entry.leaf, entry.headers, entry.payload))


def _range_file(around: Outside) -> bytes:
    return rfc8785.dumps(
        {
            "before": [_base64(part) for part in around.before],
            "after": [_base64(part) for part in around.after],
        }
    )


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
