"""The signer's own memory: a small file that no database restore can turn back."""

import json
import os
from base64 import b64decode, b64encode
from pathlib import Path

from audit.domain.merkle import HASH_BYTES, Head


class StateUnreadable(Exception):
    """The signer's file is damaged. Nothing is signed until a person has looked."""


def read(path: Path) -> Head | None:
    """
    Read what was signed last; None when nothing ever was.

    Raises:
        StateUnreadable: The file is not what `write` has written.
    """
    try:
        written = json.loads(path.read_text())
        head = Head(int(written["size"]), b64decode(written["root"], validate=True))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise StateUnreadable(path.name) from error
    if head.size < 0 or len(head.root) != HASH_BYTES:
        raise StateUnreadable(path.name)
    return head


def write(path: Path, head: Head) -> None:
    """Write it so that it is there, whole, when the signature leaves the process."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"size": head.size, "root": b64encode(head.root).decode()}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
