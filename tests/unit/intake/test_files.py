"""Files of evidence on disk."""

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from builders_contracts import an_id
from intake.store.files import CHUNK, FileDamaged, Files, older_than

EVIDENCE, ANOTHER = an_id("evd", 1), an_id("evd", 2)
CANARY = b"canary-of-a-document"
SEALED_CHUNK = CHUNK + 16
DAY = timedelta(days=1)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def kept(files: Files, content: bytes, *, step: int = 10_000) -> bytes:
    with files.new(EVIDENCE) as file:
        for start in range(0, len(content), step):
            file.write(content[start : start + step])
        file.keep()
    return file.key


def path_of(files: Files) -> Path:
    [path] = files.folder.glob("*/*")
    return path


def read(files: Files, key: bytes, *, evidence: str = EVIDENCE) -> bytes:
    return b"".join(files.read(evidence, key))


class TestFiles:
    @pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
    def test_give_back_what_they_took(self, files: Files, size: int) -> None:
        content = os.urandom(size)

        key = kept(files, content)

        assert read(files, key) == content

    def test_are_the_stream_that_is_written_down(self, files: Files) -> None:
        """Prefix of 7 bytes, chunks of 64 KiB, nonce = prefix, counter, last flag."""
        content = b"a" * CHUNK + b"b"

        key = kept(files, content)

        raw = path_of(files).read_bytes()
        first, last = raw[7 : 7 + SEALED_CHUNK], raw[7 + SEALED_CHUNK :]
        nonces = [raw[:7] + bytes([0, 0, 0, n, n]) for n in (0, 1)]
        opened = [
            AESGCM(key).decrypt(*each, EVIDENCE.encode())
            for each in zip(nonces, (first, last), strict=True)
        ]
        assert b"".join(opened) == content

    def test_hold_nothing_in_clear(self, files: Files) -> None:
        kept(files, CANARY * 10_000)

        assert CANARY not in path_of(files).read_bytes()
        assert path_of(files).stat().st_mode & 0o077 == 0

    def test_leave_nothing_when_they_are_not_kept(self, files: Files) -> None:
        with files.new(EVIDENCE) as file:
            file.write(CANARY)

        assert list(files.folder.glob("*/*")) == []

    def test_are_gone_when_discarded(self, files: Files) -> None:
        kept(files, CANARY)

        files.discard(EVIDENCE)
        files.discard(EVIDENCE)

        assert list(files.folder.glob("*/*")) == []

    def test_do_not_open_with_another_key(self, files: Files) -> None:
        kept(files, CANARY)

        with pytest.raises(FileDamaged):
            read(files, AESGCM.generate_key(256))

    def test_do_not_open_as_another_document(self, files: Files) -> None:
        key = kept(files, CANARY)
        target = files.folder / ANOTHER[-2:] / ANOTHER
        target.parent.mkdir(exist_ok=True)
        path_of(files).rename(target)

        with pytest.raises(FileDamaged):
            read(files, key, evidence=ANOTHER)

    def test_say_so_when_they_are_gone(self, files: Files) -> None:
        with pytest.raises(FileDamaged):
            read(files, AESGCM.generate_key(256))


class TestDamage:
    @pytest.fixture
    def key(self, files: Files) -> bytes:
        return kept(files, os.urandom(2 * CHUNK + 100))

    def chunks(self, files: Files) -> list[bytes]:
        raw = path_of(files).read_bytes()
        bounds = [0, 7, 7 + SEALED_CHUNK, 7 + 2 * SEALED_CHUNK, len(raw)]
        return [raw[start:end] for start, end in pairwise(bounds)]

    @pytest.mark.parametrize(
        "order",
        [(0, 1, 2), (0, 1, 3), (0, 2, 1, 3), (0, 1, 1, 2, 3), (0, 1, 2, 3, 3), (0,), ()],
        ids=["cut", "dropped", "swapped", "doubled", "longer", "empty", "nothing"],
    )
    def test_of_whole_chunks_shows(self, files: Files, key: bytes, order: tuple[int, ...]) -> None:
        chunks = self.chunks(files)
        path_of(files).write_bytes(b"".join(chunks[place] for place in order))

        with pytest.raises(FileDamaged):
            read(files, key)

    @pytest.mark.parametrize("place", [0, 6, 7, CHUNK, -1])
    def test_of_one_bit_shows(self, files: Files, key: bytes, place: int) -> None:
        raw = bytearray(path_of(files).read_bytes())
        raw[place] ^= 1
        path_of(files).write_bytes(raw)

        with pytest.raises(FileDamaged):
            read(files, key)


class TestOlderThan:
    def test_finds_finished_and_unfinished_files_of_that_age(self, files: Files) -> None:
        kept(files, CANARY)
        path_of(files).with_name(f"{ANOTHER}.part").touch()
        for path in files.folder.glob("*/*"):
            os.utime(path, (NOON.timestamp(), NOON.timestamp()))
        listing = files.listing()

        assert set(older_than(DAY, listing, now=NOON + DAY)) == {EVIDENCE, ANOTHER}
        assert older_than(DAY, listing, now=NOON + timedelta(hours=23)) == {}
