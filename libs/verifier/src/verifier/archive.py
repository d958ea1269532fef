"""The zip of an export and its manifest: are these the files that were exported?"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from verifier.canonical import NotCanonical, NotJson, canonical, read_object
from verifier.report import Finding, tampered, undecided

MANIFEST, SEAL = "manifest.json", "manifest.sig"
_VERSION = 1
_METHODS = {ZIP_STORED, ZIP_DEFLATED}
_LARGEST_BYTES = 1 << 30


class UnreadableBundle(Exception):
    """The file is no export that can be read; nothing in it has been judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the exporter says of the export; only the file hashes can be checked here."""

    files: Mapping[str, str]
    query: Mapping[str, object]
    as_of: int
    requester: str


def unzip(raw: bytes) -> dict[str, bytes]:
    """Return the files by name. Raises `UnreadableBundle`."""
    try:
        with ZipFile(BytesIO(raw)) as archive:
            entries = archive.infolist()
            if len({entry.filename for entry in entries}) != len(entries):
                raise UnreadableBundle("two files in the zip have one name")
            if any(entry.compress_type not in _METHODS for entry in entries):
                raise UnreadableBundle("a file in the zip is neither stored nor deflated")
            if sum(entry.file_size for entry in entries) > _LARGEST_BYTES:
                raise UnreadableBundle("unpacked, the zip is larger than 1 GiB")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as e:
        # What zipfile raises for damage is spread over these; each means: cannot be read.
        raise UnreadableBundle(f"the zip is damaged or none at all ({type(e).__name__})") from e


def read_manifest(files: Mapping[str, bytes]) -> Manifest:
    raw = files.get(MANIFEST)
    if raw is None:
        raise UnreadableBundle(f"{MANIFEST} is missing: this is no audit export")
    try:
        members = read_object(raw)
        if canonical(members) != raw:
            raise UnreadableBundle(f"{MANIFEST} is not in canonical form")
    except (NotJson, NotCanonical) as error:
        raise UnreadableBundle(f"{MANIFEST}: {error}") from error
    return _manifest(members)


def _manifest(members: Mapping[str, object]) -> Manifest:
    if members.get("v") != _VERSION or isinstance(members["v"], bool):
        raise UnreadableBundle(f"{MANIFEST} is not of version 1: a newer audit-verify may know it")
    hashes, query = members.get("files"), members.get("query")
    as_of, requester = members.get("as_of"), members.get("requester")
    if not isinstance(hashes, dict) or not isinstance(query, dict):
        raise UnreadableBundle(f"{MANIFEST} lacks files or query")
    if not isinstance(as_of, int) or not isinstance(requester, str):
        raise UnreadableBundle(f"{MANIFEST} lacks as_of or requester")
    return Manifest(files=hashes, query=query, as_of=as_of, requester=requester)


def check_files(files: Mapping[str, bytes], manifest: Manifest) -> Iterator[Finding]:
    """Compare every file with the manifest, both ways."""
    for name, expected in manifest.files.items():
        if name not in files:
            yield undecided(name, "is listed in the manifest and missing from the zip")
        elif f"sha256:{sha256(files[name]).hexdigest()}" != expected:
            yield tampered(name, "is not the file whose SHA-256 the manifest states")
    for name in sorted(set(files) - set(manifest.files) - {MANIFEST, SEAL}):
        yield undecided(name, "is not listed in the manifest: nobody vouches for it")
