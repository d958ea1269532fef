"""Files of evidence: encrypted as they stream, durable before a row speaks of them."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK: Final = 64 * 1024
KEY_LENGTH: Final = 32
_PREFIX_LENGTH: Final = 7
_TAG_LENGTH: Final = 16
_UNFINISHED: Final = ".part"


class FileDamaged(Exception):
    """The file is gone, cut short, changed, or of another piece of evidence."""


class Cipher:
    """
    AES-256-GCM STREAM: chunks that can be neither dropped, swapped nor cut off unseen.

    Nonce = 7 random bytes ‖ uint32 counter ‖ last flag; associated data = the evidence's id.
    """

    def __init__(self, key: bytes, prefix: bytes, evidence: str) -> None:
        self._aead = AESGCM(key)
        self._prefix = prefix
        self._evidence = evidence.encode()
        self._counter = 0

    def seal(self, chunk: bytes, *, last: bool) -> bytes:
        return self._aead.encrypt(self._nonce(last=last), chunk, self._evidence)

    def open(self, chunk: bytes, *, last: bool) -> bytes:
        """Raise InvalidTag when the chunk is not the next of this file."""
        return self._aead.decrypt(self._nonce(last=last), chunk, self._evidence)

    def _nonce(self, *, last: bool) -> bytes:
        nonce = self._prefix + self._counter.to_bytes(4) + bytes([last])
        self._counter += 1
        return nonce


class NewFile:
    """
    A file on its way in. Nothing in clear touches the disk; unless it is kept, nothing stays.

    The last chunk is flagged, so one chunk waits in memory until the next bytes or the end.
    """

    def __init__(self, path: Path, evidence: str) -> None:
        self.key = AESGCM.generate_key(bit_length=8 * KEY_LENGTH)
        self._path = path
        self._part = path.with_name(path.name + _UNFINISHED)
        prefix = os.urandom(_PREFIX_LENGTH)
        self._cipher = Cipher(self.key, prefix, evidence)
        self._waiting = bytearray()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        self._file.write(prefix)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._file.write(self._cipher.seal(bytes(self._waiting[:CHUNK]), last=False))
            del self._waiting[:CHUNK]

    def keep(self) -> None:
        """Finish the file and make it durable: fsync, rename, fsync of the folder. Blocks."""
        self._file.write(self._cipher.seal(bytes(self._waiting), last=True))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._part.rename(self._path)
        _sync(self._path.parent)
        _sync(self._path.parent.parent)


def older_than(
    age: timedelta, listing: Mapping[Path, float], *, now: datetime
) -> dict[str, list[Path]]:
    """Pick those files of a listing that are at least that old, by evidence id."""
    youngest = (now - age).timestamp()
    old: dict[str, list[Path]] = {}
    for path, modified_at in listing.items():
        if modified_at <= youngest:
            old.setdefault(path.name.removesuffix(_UNFINISHED), []).append(path)
    return old


@dataclass(frozen=True, slots=True)
class Files:
    """The folder where files of evidence lie, by evidence id."""

    folder: Path

    def new(self, evidence: str) -> NewFile:
        return NewFile(self._path(evidence), evidence)

    def discard(self, evidence: str) -> None:
        """Remove a file that no row will ever speak of."""
        self._path(evidence).unlink(missing_ok=True)

    def read(self, evidence: str, key: bytes) -> Iterator[bytes]:
        """
        Yield the content in clear, a chunk at a time. Blocks; the first chunk is checked first.

        Raises:
            FileDamaged: It is not, from the first to the last byte, what was sent.
        """
        try:
            with self._path(evidence).open("rb") as file:
                cipher = Cipher(key, file.read(_PREFIX_LENGTH), evidence)
                yield from _open_all(file, cipher)
        except (OSError, InvalidTag, ValueError) as error:
            raise FileDamaged(evidence) from error

    def listing(self) -> dict[Path, float]:
        """Return all files, finished or not, with the time of their last change. Blocks."""
        found = ((path, _modified_at(path)) for path in self.folder.glob("*/evd_*"))
        return {path: at for path, at in found if at is not None}

    def _path(self, evidence: str) -> Path:
        # The last letters are random, so that the folders fill evenly.
        return self.folder / evidence[-2:] / evidence


def _open_all(file: BinaryIO, cipher: Cipher) -> Iterator[bytes]:
    sealed = file.read(CHUNK + _TAG_LENGTH)
    while following := file.read(CHUNK + _TAG_LENGTH):
        yield cipher.open(sealed, last=False)
        sealed = following
    yield cipher.open(sealed, last=True)


def _modified_at(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # an upload has just ended, one way or the other
        return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
