"""A playbook as one file that can be sent and checked."""

import hashlib
import zipfile
from pathlib import Path
from typing import Final

from playbook.load import is_hidden, load_playbook
from playbook.model import Playbook

_SINCE: Final = (1980, 1, 1, 0, 0, 0)
DIGEST: Final = "playbook.sha256"


class NotAPack(Exception):
    """A file is no pack, or not as it was packed; the message says why."""


def pack(folder: Path, target: Path) -> tuple[Playbook, str]:
    """
    Write a folder into a zip that is the same for the same files, and return its digest.

    Raises:
        PlaybookInvalid: The folder is no playbook.
        NotAPack: There is no folder to write it to.
    """
    if not target.parent.is_dir():
        raise NotAPack(f"{target.parent} is not there: name a folder that is, or make it first")
    playbook = load_playbook(folder)
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    files = {name: path.read_bytes() for name, path in paths.items() if not is_hidden(name)}
    digest = _digest(files)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (*files.items(), (DIGEST, digest.encode())):
            archive.writestr(zipfile.ZipInfo(f"{playbook.card.id}/{name}", _SINCE), content)
    return playbook, digest


def unpack(source: Path, target: Path) -> tuple[Playbook, str]:
    """
    Write a pack's files into a folder that is not there yet, and load it.

    Raises:
        NotAPack: It is damaged, was changed, or would write elsewhere.
        PlaybookInvalid: Its content is no playbook.
    """
    if target.exists():
        raise NotAPack(f"{target} is there already: name a folder that is not")
    files = _read(source)
    told = files.pop(DIGEST, b"").decode("ascii", "replace")
    if told != _digest(files):
        raise NotAPack(f"{source} is not as it was packed: its digest does not hold")
    for name, content in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return load_playbook(target), told


def _read(source: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(source) as archive:
            entries = {info.filename: archive.read(info) for info in archive.infolist()}
    except (zipfile.BadZipFile, OSError) as error:
        raise NotAPack(f"{source} cannot be read as a pack: {error}") from None
    files = {name.partition("/")[2]: content for name, content in entries.items()}
    if any(not name or name.startswith("/") or ".." in name.split("/") for name in files):
        raise NotAPack(f"{source} would write outside of its folder")
    return files


def _digest(files: dict[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return whole.hexdigest()
