"""The signer's own memory: a small file that no database restore can turn back."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.domain.merkle import HASH_BYTES, Head


class StateUnreadable(Exception):
    """The signer's file is damaged. Nothing is signed until a person has looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSigned:
    """The last head that was signed, and the note: what proves it when the database forgets."""

    head: Head
    note: str | None


def read(path: Path) -> LastSigned | None:
    """
    Read what was signed last; None when nothing ever was.

    Raises:
        StateUnreadable: The file is not what `write` has written.
    """
    try:
        written = json.loads(path.read_text())
        head = Head(int(written["size"]), b64decode(written["root"], validate=True))
        note = written.get("note")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise StateUnreadable(path.name) from error
    if head.size < 0 or len(head.root) != HASH_BYTES:
        raise StateUnreadable(path.name)
    return LastSigned(head=head, note=note)


def write(path: Path, last: LastSigned) -> None:
    """Write it so that it is there, whole, when the signature leaves the process."""
    root = b64encode(last.head.root).decode()
    _write(path, {"size": last.head.size, "root": root, "note": last.note})


def keep_evidence(folder: Path, name: str, told: Mapping[str, object]) -> None:
    """Keep what a refusal rests on, once, where no restore of the database reaches."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    if not path.exists():
        _write(path, told)


def _write(path: Path, written: Mapping[str, object]) -> None:
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(written, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
